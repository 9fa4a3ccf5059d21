import type { ChartDefinition } from '../chart/definition.ts';
import { chartOfConfig } from '../chart/read-config.ts';
import { type EventObject, type Message, messageOf, type Snapshot } from './protocol.ts';

/** An actor that was seen. */
export interface ActorRecord {
  /** Unique in a history: a session's id may come again when a program starts anew. */
  key: string;
  name: string;
  parent?: string;
  /** Of a machine. */
  definition?: ChartDefinition;
  /** Position of the message that told of it. */
  since: number;
}

/** One message, in the order of arrival. */
export interface Entry {
  index: number;
  kind: 'actor' | 'event' | 'snapshot';
  /** ms since 1970; NaN where it was not told. */
  at: number;
  /** Keys of actors. */
  actor: string;
  from?: string;
  event?: EventObject;
  snapshot?: Snapshot;
  message: Message;
}

/** Messages that are kept; later ones are only counted. */
const MOST = 100_000;

/** All that was told, so that any moment of it can be looked at again. */
export class History {
  readonly entries: Entry[] = [];
  readonly actors = new Map<string, ActorRecord>();
  /** Positions of all but snapshots: each is a step, and what follows up to the next one belongs to it. */
  readonly steps: number[] = [];
  /** Messages that found no place any more. */
  lost = 0;
  readonly #sessions = new Map<string, string>(); // id of a session: key of its latest actor
  readonly #snapshots = new Map<string, number[]>(); // key of an actor: positions of its snapshots
  readonly #charts = new Map<string, ChartDefinition | undefined>(); // by the text that was sent
  readonly #better: (chart: ChartDefinition) => ChartDefinition;

  /** @param better gives a chart that is known more completely than it was sent. */
  constructor(better: (chart: ChartDefinition) => ChartDefinition = (chart) => chart) {
    this.#better = better;
  }

  /** @returns what was added; nothing for what is no message of an actor. */
  add(value: unknown): Entry | undefined {
    const message = messageOf(value);
    if (!message) return undefined;
    if (this.entries.length >= MOST) {
      this.lost++;
      return undefined;
    }
    const entry: Entry = {
      ...this.#entryOf(message),
      index: this.entries.length,
      at: Number.parseInt(message.createdAt, 10),
      message,
    };
    this.entries.push(entry);
    if (entry.kind !== 'snapshot') this.steps.push(entry.index);
    if (entry.snapshot) {
      const known = this.#snapshots.get(entry.actor);
      if (known) known.push(entry.index);
      else this.#snapshots.set(entry.actor, [entry.index]);
    }
    return entry;
  }

  #entryOf(message: Message): Pick<Entry, 'kind' | 'actor' | 'from' | 'event' | 'snapshot'> {
    if (message.type === '@xstate.actor') {
      return { kind: 'actor', actor: this.#newActor(message).key, snapshot: message.snapshot };
    }
    const actor = this.#keyOf(message.sessionId);
    if (message.type === '@xstate.snapshot') {
      return { kind: 'snapshot', actor, event: message.event, snapshot: message.snapshot };
    }
    const { sourceId, event } = message;
    return { kind: 'event', actor, ...(sourceId === undefined ? {} : { from: this.#keyOf(sourceId) }), event };
  }

  #newActor({ sessionId, name, parentId, definition }: Message & { type: '@xstate.actor' }): ActorRecord {
    const chart = definition === undefined ? undefined : this.#chartOf(definition);
    const parent = parentId === undefined ? undefined : this.#keyOf(parentId);
    return this.#register(sessionId, {
      name,
      ...(parent === undefined ? {} : { parent }),
      ...(chart ? { definition: chart } : {}),
    });
  }

  /** Of an actor that was not told of, as when it began before anybody looked, no more is known than its session. */
  #keyOf(sessionId: string): string {
    return this.#sessions.get(sessionId) ?? this.#register(sessionId, { name: sessionId }).key;
  }

  #register(sessionId: string, about: Omit<ActorRecord, 'key' | 'since'>): ActorRecord {
    let key = sessionId;
    for (let again = 2; this.actors.has(key); again++) key = `${sessionId}#${again}`;
    const actor = { ...about, key, since: this.entries.length };
    this.actors.set(key, actor);
    this.#sessions.set(sessionId, key);
    return actor;
  }

  /** Charts are read once; what has no states is no machine's. */
  #chartOf(text: string): ChartDefinition | undefined {
    if (this.#charts.has(text)) return this.#charts.get(text);
    let chart: ChartDefinition | undefined;
    try {
      const read = chartOfConfig(JSON.parse(text));
      if (read.root.children.length > 0 || read.root.transitions.length > 0) chart = this.#better(read);
    } catch {
      chart = undefined; // the actor is still listed, with its snapshots
    }
    this.#charts.set(text, chart);
    return chart;
  }

  /** Position at which all has come of a step: the last one before the next step. */
  endOf(step: number): number {
    return (this.steps[step + 1] ?? this.entries.length) - 1;
  }

  /** The last snapshots of an actor up to a position, the latest first. */
  snapshotsAt(actor: string, index: number): [latest: Entry | undefined, before: Entry | undefined] {
    const positions = this.#snapshots.get(actor) ?? [];
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((positions[middle] ?? Number.POSITIVE_INFINITY) <= index) low = middle + 1;
      else high = middle;
    }
    const entryAt = (place: number) => this.entries[positions[place] ?? -1];
    return [entryAt(low - 1), entryAt(low - 2)];
  }

  /** Actors that had been told of at a position, parents before their children. */
  actorsAt(index: number): ActorRecord[] {
    return [...this.actors.values()].filter(({ since }) => since <= index);
  }
}
