import { useEffect, useId } from 'react';
import { useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';

interface TimelineProps {
  step: number;
  count: number;
  isLive: boolean;
  onStep(step: number | undefined): void;
}

/** Back and forth through the history. Keys: `,` and `.` step, `p` pauses. */
export function Timeline({ step, count, isLive, onStep }: TimelineProps) {
  const texts = useTexts(inspectTexts);
  const id = useId();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target, key, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey || count === 0) return;
      if (target instanceof HTMLElement && target.closest('input:not([type="range"]), textarea, select')) return;
      if (key === ',') onStep(Math.max(step - 1, 0));
      else if (key === '.') onStep(Math.min(step + 1, count - 1));
      else if (key === 'p') onStep(isLive ? step : undefined);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [step, count, isLive, onStep]);
  if (count === 0) return null;
  return (
    <div className="timeline">
      <button type="button" className="pause" onClick={() => onStep(isLive ? step : undefined)}>
        {isLive ? texts.pause : texts.resume}
      </button>
      <button
        type="button"
        aria-label={texts.back}
        title={`${texts.back}  ,`}
        disabled={step <= 0}
        onClick={() => onStep(step - 1)}
      >
        ‹
      </button>
      <button
        type="button"
        aria-label={texts.forth}
        title={`${texts.forth}  .`}
        disabled={step >= count - 1}
        onClick={() => onStep(step + 1)}
      >
        ›
      </button>
      <label className="visually-hidden" htmlFor={id}>
        {texts.position}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={count - 1}
        value={step}
        onChange={(event) => onStep(Number(event.target.value))}
      />
      <output htmlFor={id}>{texts.ofSteps(step + 1, count)}</output>
      <span className={isLive ? 'live' : 'quiet-text'}>{isLive ? texts.live : texts.paused}</span>
    </div>
  );
}
