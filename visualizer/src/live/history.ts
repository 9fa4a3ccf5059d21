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
  /** Number of the step that told of it. */
  since: number;
}

/** One message, in the order of arrival. */
export interface Entry {
  index: number;
  /** Number of the step that it belongs to; -1 before the first. */
  step: number;
  kind: 'actor' | 'event' | 'snapshot';
  /** ms since 1970; NaN where it was not told. */
  at: number;
  /** Keys of actors. */
  actor: string;
  from?: string;
  event?: EventObject;
  snapshot?: Snapshot;
  message: Message;
  source: Source;
}

/** Where a message came from. Programs count their actors alike: those of one source are not those of another. */
export type Source = 'relay' | 'opener' | 'channel' | 'file';

/** Messages that are kept; later ones are only counted. */
const MOST = 100_000;
const UNANSWERED = 100; // events of an actor

/** All that was told, so that any moment of it can be looked at again. */
export class History {
  readonly entries: Entry[] = [];
  readonly actors = new Map<string, ActorRecord>();
  /** Positions of all but snapshots: each is a step. A snapshot belongs to the event that it followed from. */
  readonly steps: number[] = [];
  /** Messages that found no place any more. */
  lost = 0;
  readonly #sessions = new Map<string, string>(); // a source's id of a session: key of its latest actor
  readonly #unanswered = new Map<string, number[]>(); // key of an actor: steps of its events that no snapshot followed yet
  readonly #snapshots = new Map<string, number[]>(); // key of an actor: positions of its snapshots
  readonly #charts = new Map<string, ChartDefinition | undefined>(); // by the text that was sent
  readonly #better: (chart: ChartDefinition) => ChartDefinition;

  /** @param better gives a chart that is known more completely than it was sent. */
  constructor(better: (chart: ChartDefinition) => ChartDefinition = (chart) => chart) {
    this.#better = better;
  }

  /** @returns what was added; nothing for what is no message of an actor. */
  add(value: unknown, source: Source): Entry | undefined {
    const message = messageOf(value);
    if (!message) return undefined;
    if (this.entries.length >= MOST) {
      this.lost++;
      return undefined;
    }
    const part = this.#entryOf(message, source);
    const entry: Entry = {
      ...part,
      index: this.entries.length,
      step: part.kind === 'snapshot' ? this.#stepOf(part) : this.steps.length,
      at: Number.parseInt(message.createdAt, 10),
      message,
      source,
    };
    this.entries.push(entry);
    if (entry.kind !== 'snapshot') this.steps.push(entry.index);
    if (entry.kind === 'event') this.#await(entry);
    if (entry.snapshot) {
      const known = this.#snapshots.get(entry.actor);
      if (known) known.push(entry.index);
      else this.#snapshots.set(entry.actor, [entry.index]);
    }
    return entry;
  }

  #await({ actor, step }: Entry): void {
    const steps = this.#unanswered.get(actor);
    if (!steps) this.#unanswered.set(actor, [step]);
    else if (steps.push(step) > UNANSWERED) steps.shift();
  }

  /**
   * An actor's snapshot may come after much else that its event led to: it counts to that event, and events before it that no
   * snapshot followed have none.
   */
  #stepOf({ actor, event }: Pick<Entry, 'actor' | 'event'>): number {
    const steps = this.#unanswered.get(actor) ?? [];
    const typeAt = (step: number) => this.entries[this.steps[step] ?? -1]?.event?.type;
    const place = steps.findIndex((step) => typeAt(step) === event?.type);
    const step = steps[place] ?? this.steps.length - 1;
    steps.splice(0, place === -1 ? steps.length : place + 1);
    return step;
  }

  #entryOf(message: Message, source: Source): Pick<Entry, 'kind' | 'actor' | 'from' | 'event' | 'snapshot'> {
    if (message.type === '@xstate.actor') {
      return { kind: 'actor', actor: this.#newActor(message, source).key, snapshot: message.snapshot };
    }
    const actor = this.#keyOf(message.sessionId, source);
    if (message.type === '@xstate.snapshot') {
      return { kind: 'snapshot', actor, event: message.event, snapshot: message.snapshot };
    }
    const { sourceId, event } = message;
    return { kind: 'event', actor, ...(sourceId === undefined ? {} : { from: this.#keyOf(sourceId, source) }), event };
  }

  #newActor(message: Message & { type: '@xstate.actor' }, source: Source): ActorRecord {
    const { sessionId, name, parentId, definition } = message;
    const chart = definition === undefined ? undefined : this.#chartOf(definition);
    const parent = parentId === undefined ? undefined : this.#keyOf(parentId, source);
    return this.#register(sessionId, source, {
      name,
      ...(parent === undefined ? {} : { parent }),
      ...(chart ? { definition: chart } : {}),
    });
  }

  /** Of an actor that was not told of, as when it began before anybody looked, no more is known than its session. */
  #keyOf(sessionId: string, source: Source): string {
    return this.#sessions.get(`${source} ${sessionId}`) ?? this.#register(sessionId, source, { name: sessionId }).key;
  }

  #register(sessionId: string, source: Source, about: Omit<ActorRecord, 'key' | 'since'>): ActorRecord {
    let key = sessionId;
    for (let again = 2; this.actors.has(key); again++) key = `${sessionId}#${again}`;
    const actor = { ...about, key, since: this.steps.length };
    this.actors.set(key, actor);
    this.#sessions.set(`${source} ${sessionId}`, key);
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

  /** The last snapshots of an actor up to a step, the latest first. */
  snapshotsAt(actor: string, step: number): [latest: Entry | undefined, before: Entry | undefined] {
    const positions = this.#snapshots.get(actor) ?? [];
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[positions[middle] ?? -1]?.step ?? Number.POSITIVE_INFINITY) <= step) low = middle + 1;
      else high = middle;
    }
    const entryAt = (place: number) => this.entries[positions[place] ?? -1];
    return [entryAt(low - 1), entryAt(low - 2)];
  }

  /** Actors that had been told of at a step, parents before their children. */
  actorsAt(step: number): ActorRecord[] {
    return [...this.actors.values()].filter(({ since }) => since <= step);
  }
}
