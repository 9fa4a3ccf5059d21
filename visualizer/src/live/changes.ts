import { isPlain } from './protocol.ts';

/** A value as a tree, with what changed since an earlier one. */
export interface TreeNode {
  key: string;
  /** Of a leaf: as JSON. */
  text?: string;
  change?: 'new' | 'changed' | 'gone';
  /** What a changed leaf was. */
  before?: string;
  /** Whether anything below has changed. */
  touched: boolean;
  children: TreeNode[];
}

const DEEPEST = 12;

export function treeOf(key: string, value: unknown, before: unknown, isFirst = false, depth = 0): TreeNode {
  const [mine, theirs] = [partsOf(value), partsOf(before)];
  if (mine === undefined || depth >= DEEPEST) return leaf(key, value, before, isFirst);
  const isNew = !isFirst && before === undefined;
  const keys = [...new Set([...mine.keys(), ...(theirs?.keys() ?? [])])];
  const children = keys.map((name) =>
    mine.has(name)
      ? treeOf(name, mine.get(name), theirs?.get(name), isFirst || isNew, depth + 1)
      : gone(name, theirs?.get(name)),
  );
  const touched = isNew || children.some((child) => child.touched);
  return {
    key,
    ...(isNew ? { change: 'new' as const } : {}),
    touched,
    children,
    ...(children.length === 0 ? { text: Array.isArray(value) ? '[]' : '{}' } : {}),
  };
}

function leaf(key: string, value: unknown, before: unknown, isFirst: boolean): TreeNode {
  const [text, earlier] = [textOf(value), textOf(before)];
  if (isFirst || text === earlier) return { key, text, touched: false, children: [] };
  const change = before === undefined ? 'new' : 'changed';
  return { key, text, change, ...(change === 'changed' ? { before: earlier } : {}), touched: true, children: [] };
}

const gone = (key: string, value: unknown): TreeNode => ({
  key,
  text: textOf(value),
  change: 'gone',
  touched: true,
  children: [],
});

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

/** What an object or a list holds, by name. */
function partsOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((each, index) => [String(index), each]));
  return isPlain(value) ? new Map(Object.entries(value)) : undefined;
}
