import { useContext, useEffect, useRef } from 'react';
import type { InspectedEntry } from '../../../src/http/inspector-view.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { recoveries } from './texts.ts';
import { dayText, timeText } from './words.ts';

interface HistoryProps {
  history: readonly InspectedEntry[];
  /** The entry after which the chart is shown. */
  index: number;
  onChoose(index: number): void;
}

/** The whole audit trail, the last entry first; each shows the chart as it was after it. */
export function History({ history, index, onChoose }: HistoryProps) {
  const texts = useTexts(recoveries);
  const locale = useContext(LocaleContext);
  const chosen = useRef<HTMLButtonElement>(null);
  const shown = useRef(index);
  useEffect(() => {
    if (shown.current !== index) chosen.current?.scrollIntoView({ block: 'nearest' });
    shown.current = index;
  }, [index]);
  const last = history.length - 1;
  return (
    <section className="history">
      <div className="history-head">
        <h2>{texts.history}</h2>
        <span className="quiet-text">
          {index < last ? texts.showsPast(history[index]?.seq ?? 0) : texts.entries(history.length)}
        </span>
        <span className="space" />
        <button type="button" aria-label={texts.earlier} disabled={index <= 0} onClick={() => onChoose(index - 1)}>
          ‹
        </button>
        <button type="button" aria-label={texts.later} disabled={index >= last} onClick={() => onChoose(index + 1)}>
          ›
        </button>
        <button type="button" disabled={index >= last} onClick={() => onChoose(last)}>
          {texts.now}
        </button>
      </div>
      <ol reversed>
        {[...history.entries()].reverse().map(([at, entry]) => {
          const day = dayText(entry.at, locale);
          const later = history[at + 1];
          return (
            <li key={entry.seq}>
              {(later === undefined || dayText(later.at, locale) !== day) && <h3>{day}</h3>}
              <button
                type="button"
                ref={at === index ? chosen : null}
                className={`entry ${entry.kind}`}
                aria-current={at === index ? 'step' : undefined}
                onClick={() => onChoose(at)}
              >
                <time dateTime={new Date(entry.at).toISOString()}>{timeText(entry.at, locale, false)}</time>
                <Entry entry={entry} />
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Entry({ entry: { kind, data } }: { entry: InspectedEntry }) {
  const texts = useTexts(recoveries);
  const { event, by, code, reason, port, timer, from, to } = data;
  const what = event?.type ?? port ?? (timer === undefined ? data.class : timerName(timer));
  const who = by && [texts.by[by.via ?? by.role ?? ''] ?? by.role, 'id' in by ? by.id : undefined];
  const more = [
    event?.path,
    ...(who ?? []),
    code,
    reason,
    data.erased ? texts.erased : undefined,
    data.ok === false ? texts.notDelivered : undefined,
  ].filter((part) => part !== undefined);
  return (
    <span className="what">
      <span>
        <i>{texts.kinds[kind] ?? kind}</i> {what !== undefined && <code className="strong">{what}</code>}
        {more.length > 0 && <span className="quiet-text"> {more.join(' · ')}</span>}
      </span>
      {to !== undefined && to !== from && <code>→ {to}</code>}
    </span>
  );
}

/** `bankCard#xstate.after.code.bankCard.awaitingCode`: the delay, or the timer's own name. */
function timerName(timer: string): string {
  const id = timer.replace(/^[^#]*#/, '').replace(/~\d+$/, '');
  return /^xstate\.after\.([^.]+)/.exec(id)?.[1] ?? id.replace(/^deadline\./, '');
}
