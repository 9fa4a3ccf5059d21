import type { Simulator } from '../../simulator/simulator.ts';
import { clockText, timerName } from '../../simulator/words.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';

const MINUTE = 60_000;
const SPANS = { '5m': 5 * MINUTE, '45m': 45 * MINUTE, '72h': 72 * 60 * MINUTE, '15d': 15 * 24 * 60 * MINUTE } as const;

export type Command = (act: () => Promise<void> | void) => Promise<void>;

/** The clock that stands still, what falls due, and buttons that let time pass. */
export function ClockPanel({ simulator, command }: { simulator: Simulator; command: Command }) {
  const texts = useTexts(simulatorTexts);
  const { simulation, setting } = simulator;
  const zone = setting.policy.timeZone;
  const timers = simulation.isDone ? [] : [...simulation.current.step.timers].sort((a, b) => a.dueAt - b.dueAt);
  return (
    <section className="clock" aria-label={texts.clock}>
      <output className="now" aria-label={texts.clock}>
        {clockText(simulation.now, zone)}
      </output>
      <div className="buttons">
        <button
          type="button"
          disabled={simulation.nextDue === undefined}
          onClick={() => void command(() => simulator.toNext())}
        >
          {texts.next}
        </button>
        {Object.entries(SPANS).map(([name, ms]) => (
          <button key={name} type="button" onClick={() => void command(() => simulator.advance(ms))}>
            {texts.spans[name as keyof typeof SPANS]}
          </button>
        ))}
      </div>
      {timers.length === 0 ? (
        <p className="quiet-text">{texts.nothingDue}</p>
      ) : (
        <ul className="timers" aria-label={texts.due}>
          {timers.map(({ id, event, dueAt, target }) => (
            <li key={id}>
              <code>
                {target !== '' && (
                  <>
                    {target}.<wbr />
                  </>
                )}
                {timerName(event.type)}
              </code>
              <time>{clockText(dueAt, zone)}</time>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
