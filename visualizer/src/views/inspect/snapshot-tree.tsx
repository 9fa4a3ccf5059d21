import { useMemo } from 'react';
import { type TreeNode, treeOf } from '../../live/changes.ts';
import type { History } from '../../live/history.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';

interface SnapshotTreeProps {
  history: History;
  step: number;
  actor: string | undefined;
}

/** An actor's snapshot at a moment, with what changed since the one before. */
export function SnapshotTree({ history, step, actor }: SnapshotTreeProps) {
  const texts = useTexts(inspectTexts);
  const [latest, before] = actor === undefined ? [] : history.snapshotsAt(actor, step);
  const tree = useMemo(
    () => latest && treeOf('snapshot', latest.snapshot, before?.snapshot, before === undefined),
    [latest, before],
  );
  if (!tree) return <p className="empty">{texts.noSnapshot}</p>;
  return (
    <ul className="tree">
      {tree.children.map((node) => (
        <Branch key={node.key} node={node} />
      ))}
    </ul>
  );
}

function Branch({ node }: { node: TreeNode }) {
  if (node.children.length === 0) {
    return (
      <li className={node.change ?? ''}>
        <Leaf node={node} />
      </li>
    );
  }
  return (
    <li className={node.change ?? ''}>
      <details open={node.touched || node.children.length <= 8}>
        <summary className={node.touched ? 'touched' : ''}>
          <code>{node.key}</code>
        </summary>
        <ul>
          {node.children.map((child) => (
            <Branch key={child.key} node={child} />
          ))}
        </ul>
      </details>
    </li>
  );
}

function Leaf({ node }: { node: TreeNode }) {
  const texts = useTexts(inspectTexts);
  const { key, text, change, before } = node;
  const note = { new: texts.isNew, gone: texts.gone, changed: texts.was(before ?? '') };
  return (
    <>
      <code>
        <span className="key">{key}</span> {change === 'gone' ? <s>{text}</s> : <span className="value">{text}</span>}
      </code>
      {change && <span className="note">{note[change]}</span>}
    </>
  );
}
