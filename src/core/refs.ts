import { type AnyActorRef, type AnyMachineSnapshot, createActor, fromTransition, isMachineSnapshot } from 'xstate';
import { childPath, find, isLive, pathOf } from './tree.ts';

/** An actor reference as XState keeps it in a context; on restore it looks for it among the machine's own children. */
interface KeptRef {
  xstate$$type: 1;
  id: string;
  /** Ours, for every other reference: where its actor is in the tree; null when it has stopped. */
  path?: string | null;
}

interface Persisted {
  context?: unknown;
  children?: Record<string, { snapshot: Persisted }>;
}

type Part = Record<string, unknown>;
const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null;
const isRef = (value: unknown): value is AnyActorRef =>
  isPart(value) && 'sessionId' in value && 'send' in value && 'ref' in value;
const isKeptRef = (value: unknown): value is KeptRef => isPart(value) && value.xstate$$type === 1;

/** Whether a value holds an actor reference, live or kept. */
export function holdsRef(value: unknown): boolean {
  if (!isPart(value)) return false;
  if (isRef(value) || isKeptRef(value)) return true;
  for (const key in value) if (holdsRef(value[key])) return true;
  return false;
}

/**
 * Notes in a persisted tree where the references lead that XState would restore as undefined (and `sendTo` would then
 * send to its own machine): those to a parent or a sibling, given as input, and those to an actor that has stopped.
 */
export function keepRefs(actor: AnyActorRef, persisted: unknown): void {
  const snapshot: unknown = actor.getSnapshot();
  if (!isMachineSnapshot(snapshot)) return;
  const { context, children } = persisted as Persisted;
  keep(snapshot.context, context, snapshot.children);
  for (const [id, child] of Object.entries(snapshot.children) as [string, AnyActorRef | undefined][]) {
    if (child) keepRefs(child, children?.[id]?.snapshot);
  }
}

function keep(live: unknown, kept: unknown, own: AnyMachineSnapshot['children']): void {
  if (live === kept || !isPart(live) || !isPart(kept)) return; // XState copies only what holds a reference
  for (const [key, value] of Object.entries(live)) {
    const copy = kept[key];
    if (!isRef(value)) keep(value, copy, own);
    else if (own[value.id] !== value && isKeptRef(copy)) copy.path = isLive(value) ? pathOf(value) : null;
  }
}

/** A reference that XState will not find, in the part of a context that it will be missing from. */
export interface Gap {
  holder: Record<string, unknown>;
  key: string;
  ref: { id: string; path?: string | null };
  owner: string;
}

/** The gaps of a persisted tree: to be looked for before it is restored, and filled after. */
export function gapsIn(persisted: unknown, owner = ''): Gap[] {
  const { context, children } = persisted as Persisted;
  const gaps: Gap[] = [];
  const search = (holder: unknown) => {
    if (!isPart(holder)) return;
    for (const [key, value] of Object.entries(holder)) {
      if (!isKeptRef(value)) search(value);
      else if (value.path !== undefined) gaps.push({ holder, key, ref: value, owner });
    }
  };
  search(context);
  for (const [id, child] of Object.entries(children ?? {})) gaps.push(...gapsIn(child.snapshot, childPath(owner, id)));
  return gaps;
}

const over = fromTransition(() => undefined, undefined);

export function fillGaps(gaps: readonly Gap[], root: AnyActorRef): void {
  for (const { holder, key, ref, owner } of gaps) {
    holder[key] = typeof ref.path === 'string' ? find(root, ref.path) : stopped(ref.id, find(root, owner));
  }
}

/** Stands in for an actor that has stopped: it takes nothing, and its parent may stop it once more. */
function stopped(id: string, parent: AnyActorRef | undefined): AnyActorRef {
  const snapshot = { status: 'stopped' as const, output: undefined, error: undefined, context: undefined };
  const actor = createActor(over, { id, src: 'stopped', snapshot, ...(parent ? { parent } : {}) });
  (actor as unknown as { _stop(): void })._stop();
  return actor;
}
