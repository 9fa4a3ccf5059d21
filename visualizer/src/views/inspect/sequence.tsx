import { useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';
import { whoOf } from './event-list.tsx';
import type { HistoryProps } from './panels.tsx';
import { Rows } from './rows.tsx';

const HEIGHT = 40; // px
const LANE = 116; // px

/** Who sent what to whom: a lane for each actor, and one for all that is outside. */
export function Sequence({ history, step, onStep }: HistoryProps) {
  const texts = useTexts(inspectTexts);
  if (history.steps.length === 0) return <p className="empty">{texts.noEvents}</p>;
  const lanes = new Map([['', 0]]);
  for (const key of history.actors.keys()) lanes.set(key, lanes.size);
  const width = lanes.size * LANE;
  const middle = (key: string) => (lanes.get(key) ?? 0) * LANE + LANE / 2;
  const entryOf = (row: number) => history.entries[history.steps[row] ?? -1];
  return (
    <div className="sequence">
      <div style={{ width }} className="sequence-inner">
        <Rows
          label={texts.panels.sequence}
          count={history.steps.length}
          height={HEIGHT}
          current={step}
          onChoose={onStep}
          nameOf={(row) =>
            `${entryOf(row)?.event?.type ?? texts.created}, ${whoOf(history, entryOf(row), texts.outside)}`
          }
          header={
            <div className="lanes" aria-hidden="true">
              <span style={{ width: LANE }}>{texts.outside}</span>
              {[...history.actors.values()].map(({ key, name }) => (
                <span key={key} style={{ width: LANE }} title={name}>
                  {name}
                </span>
              ))}
            </div>
          }
        >
          {(row) => {
            const entry = entryOf(row);
            if (!entry) return null;
            const to = middle(entry.actor);
            const from = entry.kind === 'event' ? middle(entry.from ?? '') : to;
            return (
              <Message
                width={width}
                lanes={[...lanes.keys()].map(middle)}
                from={from}
                to={to}
                text={entry.event?.type ?? ''}
              />
            );
          }}
        </Rows>
      </div>
    </div>
  );
}

interface MessageProps {
  width: number;
  /** Middles of all lanes. */
  lanes: number[];
  from: number;
  to: number;
  text: string;
}

function Message({ width, lanes, from, to, text }: MessageProps) {
  const y = HEIGHT - 10;
  const isOwn = from === to;
  const sign = to > from ? 1 : -1;
  const left = isOwn ? to + 26 : Math.min(from, to) + 6;
  return (
    <>
      <svg width={width} height={HEIGHT} aria-hidden="true">
        {lanes.map((x) => (
          <line key={x} className="lane" x1={x} x2={x} y1={0} y2={HEIGHT} />
        ))}
        {text === '' ? (
          <circle className="born" cx={to} cy={HEIGHT / 2} r={5} />
        ) : isOwn ? (
          <path className="arrow" d={`M ${to} ${y - 14} h 20 v 14 h -18`} />
        ) : (
          <path className="arrow" d={`M ${from} ${y} L ${to} ${y}`} />
        )}
        {text !== '' && (
          <path className="head" d={isOwn ? `M ${to} ${y} l 7 -4 v 8 z` : `M ${to} ${y} l ${-7 * sign} -4 v 8 z`} />
        )}
      </svg>
      <code
        className="message-text"
        style={{ left, maxWidth: isOwn ? LANE : Math.max(Math.abs(to - from) - 12, LANE - 12) }}
        title={text}
      >
        {text}
      </code>
    </>
  );
}
