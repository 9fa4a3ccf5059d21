// What `@statelyai/inspect` sends: https://github.com/statelyai/inspect. Anything may come over a socket or in a file, so
// only what is needed is taken over, once it has the right form.

export type Plain = Record<string, unknown>;
export interface EventObject extends Plain {
  type: string;
}

export interface Snapshot extends Plain {
  status: string;
}

interface Common {
  sessionId: string;
  /** ms since 1970, as text. */
  createdAt: string;
}
interface ActorMessage extends Common {
  type: '@xstate.actor';
  name: string;
  parentId?: string;
  /** The machine's configuration as JSON text. */
  definition?: string;
  snapshot: Snapshot;
}
interface EventMessage extends Common {
  type: '@xstate.event';
  /** Session of the actor that sent it; none where it came from outside. */
  sourceId?: string;
  event: EventObject;
}
interface SnapshotMessage extends Common {
  type: '@xstate.snapshot';
  event: EventObject;
  snapshot: Snapshot;
}
export type Message = ActorMessage | EventMessage | SnapshotMessage;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const eventOf = (value: unknown): EventObject => ({
  ...(isPlain(value) ? value : {}),
  type: textOf(isPlain(value) ? value.type : value) ?? '',
});
const snapshotOf = (value: unknown): Snapshot => ({
  ...(isPlain(value) ? value : {}),
  status: textOf(isPlain(value) ? value.status : undefined) ?? 'active',
});

/** A message in the form that is relied on, or nothing for what is none. */
export function messageOf(value: unknown): Message | undefined {
  if (!isPlain(value)) return undefined;
  const sessionId = textOf(value.sessionId);
  if (sessionId === undefined) return undefined;
  const common = { sessionId, createdAt: textOf(value.createdAt) ?? '' };
  switch (value.type) {
    case '@xstate.actor': {
      const [parentId, definition] = [textOf(value.parentId), textOf(value.definition)];
      return {
        type: value.type,
        ...common,
        name: textOf(value.name) ?? sessionId,
        ...(parentId === undefined ? {} : { parentId }),
        ...(definition === undefined ? {} : { definition }),
        snapshot: snapshotOf(value.snapshot),
      };
    }
    case '@xstate.event': {
      const sourceId = textOf(value.sourceId);
      return {
        type: value.type,
        ...common,
        ...(sourceId === undefined ? {} : { sourceId }),
        event: eventOf(value.event),
      };
    }
    case '@xstate.snapshot':
      return { type: value.type, ...common, event: eventOf(value.event), snapshot: snapshotOf(value.snapshot) };
    default:
      return undefined;
  }
}
