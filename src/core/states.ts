import { type AnyActorRef, type AnyMachineSnapshot, isMachineSnapshot, type StateValue } from 'xstate';

function leaves(value: StateValue): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = inner === undefined ? [] : leaves(inner);
    return below.length === 0 ? [key] : below.map((leaf) => `${key}.${leaf}`);
  });
}

function childrenOf(snapshot: AnyMachineSnapshot): [string, AnyActorRef][] {
  return (Object.entries(snapshot.children) as [string, AnyActorRef | undefined][]).flatMap(([id, child]) =>
    child ? [[id, child]] : [],
  );
}

/** Every machine of a tree, root first, with its path of ids. */
export function* machinesOf(
  root: AnyActorRef,
  path: readonly string[] = [],
): Generator<{ actor: AnyActorRef; path: readonly string[]; snapshot: AnyMachineSnapshot }> {
  const snapshot: unknown = root.getSnapshot();
  if (!isMachineSnapshot(snapshot)) return;
  yield { actor: root, path, snapshot };
  for (const [id, child] of childrenOf(snapshot)) {
    yield* machinesOf(child, [...path, id]);
  }
}

/**
 * Active states of a tree as dotted paths. A child machine's states follow the state of the parent that is named
 * as the child is (`verifying.bankCard` and the child `bankCard` in `awaitingCode` give
 * `verifying.bankCard.awaitingCode`); a child that no active state is named after is listed under its own id.
 */
export function activeStates(root: AnyActorRef): string[] {
  const snapshot: unknown = root.getSnapshot();
  if (!isMachineSnapshot(snapshot)) return [];
  let states = leaves(snapshot.value);
  for (const [id, child] of childrenOf(snapshot)) {
    if (child.getSnapshot()?.status !== 'active') continue;
    const inner = activeStates(child);
    if (inner.length === 0) continue;
    const host = states.find((state) => state === id || state.endsWith(`.${id}`));
    if (host === undefined) states.push(...inner.map((leaf) => `${id}.${leaf}`));
    else states = states.flatMap((state) => (state === host ? inner.map((leaf) => `${host}.${leaf}`) : [state]));
  }
  return states;
}

/** Tags of the active states of a tree. */
export function activeTags(root: AnyActorRef): string[] {
  const tags = new Set<string>();
  for (const { snapshot } of machinesOf(root)) for (const tag of snapshot.tags) tags.add(tag as string);
  return [...tags].sort();
}
