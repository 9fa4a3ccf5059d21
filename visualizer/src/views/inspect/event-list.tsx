import { useContext } from 'react';
import type { Entry, History } from '../../live/history.ts';
import { LocaleContext, useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';
import type { HistoryProps } from './panels.tsx';
import { Rows } from './rows.tsx';

const HEIGHT = 44; // px

export function EventList({ history, step, onStep }: HistoryProps) {
  const texts = useTexts(inspectTexts);
  const locale = useContext(LocaleContext);
  if (history.steps.length === 0) return <p className="empty">{texts.noEvents}</p>;
  const entryOf = (row: number) => history.entries[history.steps[row] ?? -1];
  const what = (entry: Entry | undefined) => entry?.event?.type ?? texts.created;
  const who = (entry: Entry | undefined) => whoOf(history, entry, texts.outside);
  return (
    <Rows label={texts.panels.events} count={history.steps.length} height={HEIGHT} current={step} onChoose={onStep}>
      {(row) => {
        const entry = entryOf(row);
        return (
          <>
            <code className="what">{what(entry)}</code>
            <span className="when">{entry && timeOf(entry.at, locale)}</span>
            <span className="who">{who(entry)}</span>
          </>
        );
      }}
    </Rows>
  );
}

/** `parent → child`. */
export function whoOf({ actors }: History, entry: Entry | undefined, outside: string): string {
  if (!entry) return '';
  const name = (key: string) => actors.get(key)?.name ?? key;
  if (entry.kind === 'actor') return name(entry.actor);
  return `${entry.from === undefined ? outside : name(entry.from)} → ${name(entry.actor)}`;
}

function timeOf(at: number, locale: string): string {
  if (Number.isNaN(at)) return '';
  const time = new Date(at);
  return `${time.toLocaleTimeString(locale, { hour12: false })}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
