import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import type { Box, Mark } from './scene.ts';
import { toggleOf } from './use-folding.ts';

export interface StateData extends Record<string, unknown> {
  box: Box;
  active: boolean;
  /** Ids of transitions that stay within the state and may be taken next, or were just taken. */
  possible: ReadonlySet<string>;
  taken: ReadonlySet<string>;
  found: boolean;
  mark?: Mark;
  onFold(box: Box): void;
  onCollapse(box: Box): void;
}
export type StateNodeType = Node<StateData, 'state'>;

/** One state: its name and what it does; the states within it are drawn over it. */
export const StateNode = memo(function StateNode({ data, selected }: NodeProps<StateNodeType>) {
  const { box, active, found, mark } = data;
  const { node, lines } = box;
  const classes = [
    'state',
    node.type,
    node.path.length === 0 ? 'machine' : '',
    active ? 'active' : '',
    selected ? 'selected' : '',
    found ? 'found' : '',
    box.children.length > 0 ? 'open' : '',
    mark ? `marked-${mark.level}` : '',
  ];
  return (
    <div className={classes.filter((name) => name !== '').join(' ')}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <div className="state-head">
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and change as a whole
          <div key={index} className={`line ${line.kind} ${lineClass(data, line.transition?.id)}`}>
            {line.text}
          </div>
        ))}
        <Buttons {...data} />
        {mark && <span className={`mark ${mark.level}`}>{mark.text}</span>}
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});

function lineClass({ possible, taken }: StateData, id: string | undefined): string {
  if (id === undefined) return '';
  return taken.has(id) ? 'taken' : possible.has(id) ? 'possible' : '';
}

function Buttons({ box, onFold, onCollapse }: StateData) {
  const texts = useTexts(chartTexts);
  const { node, unfoldable, unfolded, collapsed } = box;
  const onToggle = toggleOf(box, { onFold, onCollapse });
  if (!onToggle) return null;
  const name = unfoldable ? node.invokes.map(({ id }) => id).join(', ') : node.key;
  const [open, close] = unfoldable ? [texts.unfold, texts.fold] : [texts.expand, texts.collapse];
  const isOpen = unfoldable ? unfolded : !collapsed;
  return <Toggle label={isOpen ? close(name) : open(name)} isOpen={isOpen} onToggle={() => onToggle(box)} />;
}

function Toggle({ label, isOpen, onToggle }: { label: string; isOpen: boolean; onToggle: () => void }) {
  return (
    <button
      type="button"
      className="toggle nodrag nopan"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
    >
      {isOpen ? '−' : '+'}
    </button>
  );
}
