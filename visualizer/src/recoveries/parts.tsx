import { useContext } from 'react';
import type { InspectedRecovery } from '../../../src/http/inspector-view.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { recoveries } from './texts.ts';
import { dueInWords, spanInWords, textsOfRecovery, timeText } from './words.ts';

const SECOND = 1_000;

interface PartProps {
  recovery: InspectedRecovery;
  /** The clock of the service. */
  now: number;
}

/** What falls due by itself, counting down. */
export function Timers({ recovery, now }: PartProps) {
  const texts = useTexts(recoveries);
  const { words } = useTexts(chartTexts);
  const locale = useContext(LocaleContext);
  const timers = [...recovery.timers].sort((a, b) => a.at - b.at);
  const { deadlines } = textsOfRecovery(recovery, timers, locale);
  return (
    <section>
      <h2>{texts.timers}</h2>
      {timers.length === 0 && <p className="quiet-text">{texts.noTimers}</p>}
      <ul className="rows">
        {timers.map(({ id, name, at }) => (
          <li key={id}>
            <span>
              {deadlines[name] ?? name}
              <code>{name}</code>
            </span>
            <span className={`figure ${at < now ? 'bad-text' : ''}`}>
              <b role="timer">{dueInWords(at, now, texts, words)}</b>
              <time dateTime={new Date(at).toISOString()}>{timeText(at, locale)}</time>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Calls that are in the outbox. */
export function Calls({ recovery: { calls }, now }: PartProps) {
  const texts = useTexts(recoveries);
  const { words } = useTexts(chartTexts);
  return (
    <section>
      <h2>{texts.calls}</h2>
      {calls.length === 0 && <p className="quiet-text">{texts.noCalls}</p>}
      <ul className="rows">
        {calls.map(({ key, port, kind, tries, notBefore }) => (
          <li key={key}>
            <span>
              <code className="strong">{port}</code>
              <code>{key}</code>
            </span>
            <span className={`figure ${tries > 0 ? 'bad-text' : ''}`}>
              <b>{texts.tries(tries)}</b>
              {notBefore - now >= SECOND && <span>{texts.nextTry(spanInWords(notBefore - now, words))}</span>}
              {kind === 'sent' && <span>{texts.notice}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the machines keep, as far as it may be shown. */
export function Facts({ context }: Pick<InspectedRecovery, 'context'>) {
  const texts = useTexts(recoveries);
  const charts = Object.entries(context).filter(([, facts]) => Object.keys(facts).length > 0);
  return (
    <section>
      <details>
        <summary>
          <h2>{texts.facts}</h2>
        </summary>
        {charts.map(([path, facts]) => (
          <dl key={path} className="facts" aria-label={`${texts.of} ${path || 'recovery'}`}>
            {path !== '' && <h3>{path}</h3>}
            {Object.entries(facts).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        ))}
      </details>
    </section>
  );
}
