import { useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import type { Selection } from './canvas.tsx';
import type { ChartTransition } from './definition.ts';
import type { Layout } from './layout.ts';
import { policyDelay } from './machines.ts';
import { type Box, boxId, transitionText, withParams } from './scene.ts';

interface DetailsProps {
  selection: Selection;
  layout: Layout;
  onClose(): void;
  onSelect(selection: Selection): void;
}

/** All that the definition says of what is selected, as text. */
export function Details({ selection, layout, onClose, onSelect }: DetailsProps) {
  const texts = useTexts(chartTexts);
  const box = selection.kind === 'state' ? layout.boxes.get(selection.id) : undefined;
  const arrow = selection.kind === 'transition' ? layout.arrows.find(({ id }) => id === selection.id) : undefined;
  const source = arrow && layout.boxes.get(arrow.source);
  if (!box && !source) return null;
  const goTo = (id: string) => onSelect({ kind: 'state', id });
  return (
    <aside className="details" aria-label={texts.details}>
      <button type="button" className="quiet close" aria-label={texts.close} onClick={onClose}>
        ×
      </button>
      {box && <StateDetails box={box} layout={layout} goTo={goTo} />}
      {arrow && source && (
        <>
          <h2>
            {source.node.key} → {layout.boxes.get(arrow.target)?.node.key}
          </h2>
          <Transitions transitions={arrow.transitions} box={source} goTo={goTo} />
        </>
      )}
    </aside>
  );
}

interface PartProps {
  box: Box;
  goTo(id: string): void;
}

function StateDetails({ box, layout, goTo }: PartProps & { layout: Layout }) {
  const texts = useTexts(chartTexts);
  const { node } = box;
  const incoming = layout.arrows.filter(({ target }) => target === box.id);
  const rows: [string, string[]][] = [
    [texts.words.entry, node.entry],
    [texts.words.exit, node.exit],
    [texts.invokes, node.invokes.map(({ id, src }) => (id === src ? src : `${id}: ${src}`))],
    [texts.tags, node.tags],
  ];
  return (
    <>
      <h2>{node.key}</h2>
      <p className="quiet-text">
        {texts.types[node.type]} <code>#{node.id}</code>
      </p>
      {node.description !== undefined && <p>{node.description}</p>}
      <dl>
        {rows
          .filter(([, values]) => values.length > 0)
          .map(([name, values]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{values.map(withParams).join(', ')}</code>
              </dd>
            </div>
          ))}
      </dl>
      {node.transitions.length > 0 && (
        <>
          <h3>{texts.transitions}</h3>
          <Transitions transitions={node.transitions} box={box} goTo={goTo} />
        </>
      )}
      {incoming.length > 0 && (
        <>
          <h3>{texts.incoming}</h3>
          <ul className="transitions">
            {incoming.map(({ id, source, lines }) => (
              <li key={id}>
                <button type="button" className="link" onClick={() => goTo(source)}>
                  {layout.boxes.get(source)?.node.key}
                </button>{' '}
                <code>{lines.join(' ')}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Transitions({ transitions, box, goTo }: PartProps & { transitions: readonly ChartTransition[] }) {
  const texts = useTexts(chartTexts);
  return (
    <ul className="transitions">
      {transitions.map((transition) => (
        <li key={transition.id}>
          <code>{transitionText(transition, box.chart, { words: texts.words, delayOf: policyDelay }, false)}</code>{' '}
          {transition.targets.length === 0 && <span className="quiet-text">{texts.stays}</span>}
          {transition.targets.map((target) => (
            <button key={target} type="button" className="link" onClick={() => goTo(boxId(box.prefix, target))}>
              → {target.split('.').at(-1)}
            </button>
          ))}
          {transition.actions.length > 0 && (
            <code className="quiet-text">/ {transition.actions.map(withParams).join(', ')}</code>
          )}
        </li>
      ))}
    </ul>
  );
}
