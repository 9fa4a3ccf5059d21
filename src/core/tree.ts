import { type AnyActorRef, isMachineSnapshot } from 'xstate';

/** Path of an actor in its tree: the ids from below the root, joined by `/`. */
export const pathOf = (ref: AnyActorRef): string => (ref._parent ? childPath(pathOf(ref._parent), ref.id) : '');

export function childPath(parent: string, child: string): string {
  const id = child.replaceAll('%', '%25').replaceAll('/', '%2F');
  return parent === '' ? id : `${parent}/${id}`;
}

export function find(root: AnyActorRef, path: string): AnyActorRef | undefined {
  let actor: AnyActorRef | undefined = root;
  for (const part of path === '' ? [] : path.split('/')) {
    const snapshot: unknown = actor?.getSnapshot();
    const id: string = part.replaceAll('%2F', '/').replaceAll('%25', '%');
    actor = isMachineSnapshot(snapshot) ? (snapshot.children[id] as AnyActorRef | undefined) : undefined;
  }
  return actor;
}

const STOPPED = 2;
export const isStopped = (ref: AnyActorRef): boolean =>
  (ref as unknown as { _processingStatus: number })._processingStatus === STOPPED;

/** Puts an actor to where it stood; nobody is told. */
export function setSnapshot(ref: AnyActorRef, snapshot: unknown): void {
  (ref as unknown as { _snapshot: unknown })._snapshot = snapshot;
}

/** Whether an actor and all above it are at work: XState leaves the children of a machine that threw as they were. */
export function isLive(ref: AnyActorRef): boolean {
  if (isStopped(ref) || ref.getSnapshot().status !== 'active') return false;
  return !ref._parent || isLive(ref._parent);
}
