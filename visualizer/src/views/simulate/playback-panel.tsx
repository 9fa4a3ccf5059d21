import { stringify } from 'yaml';
import type { Playback } from '../../simulator/play.ts';
import { SUBJECTS, type Subject } from '../../simulator/subject.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { RunControl } from './use-run.ts';

/** A scenario that is played back: its steps, and whether what it expects holds. */
export function PlaybackPanel({ playback, control }: { playback: Playback; control: RunControl }) {
  const texts = useTexts(simulatorTexts);
  const { command, follow, start, run } = control;
  const { scenario, position, judgements } = playback;
  const play = (steps: number) =>
    void command(async () => {
      for (let count = 0; count < steps && !playback.isOver; count++) await playback.next();
      follow();
    });
  return (
    <section className="playback" aria-label={texts.playing}>
      <h2>{scenario.title}</h2>
      <div className="buttons">
        <button type="button" className="primary" disabled={playback.isOver} onClick={() => play(1)}>
          {texts.nextStep}
        </button>
        <button type="button" disabled={playback.isOver} onClick={() => play(Number.POSITIVE_INFINITY)}>
          {texts.allSteps}
        </button>
        <button
          type="button"
          className="quiet"
          onClick={() => void command(() => start(SUBJECTS[0] as Subject, run.written))}
        >
          {texts.stop}
        </button>
      </div>
      <p role="status">{texts.step(position, scenario.steps.length)}</p>
      <ol className="scenario-steps">
        {scenario.steps.map((step, index) => {
          const judged = judgements.filter((each) => each.step === index + 1);
          const failed = judged.find(({ ok }) => !ok);
          return (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the file
              key={index}
              className={index < position ? 'played' : ''}
              aria-current={index === position ? 'step' : undefined}
            >
              <code>
                {stringify(step, { flowCollectionPadding: false, collectionStyle: 'flow', lineWidth: 0 }).trim()}
              </code>
              {failed ? (
                <span className="bad">
                  {texts.fails}; {texts.was} {JSON.stringify(failed.actual)}
                </span>
              ) : (
                judged.length > 0 && <span className="good">{texts.holds}</span>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
