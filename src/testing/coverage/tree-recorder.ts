import { type AnyActorRef, type AnyMachineSnapshot, type AnyStateNode, isMachineSnapshot } from 'xstate';
import { isMachine } from '../../core/durable.ts';
import type { Timer } from '../../core/index.ts';
import type { Inspected } from '../../core/tracer.ts';
import { find, pathOf } from '../../core/tree.ts';
import { type CoverageData, count, hitsOf, type MachineHits } from './data.ts';
import { configurationKey, delayKey, eventKey, isNamed, pairKey, placesOf, type Transition } from './keys.ts';
import { entered, withoutConflicts } from './nodes.ts';

type Microstep = Extract<Inspected, { type: '@xstate.microstep' }>;

/** A delay that was asked for or called off while a microstep was under way. */
type Change = { what: 'raise'; id: string; type: string } | { what: 'cancel'; id: string };

/** What is known of one actor between two inspection events. */
interface Actor {
  /** Active states; unknown of one that was restored until it is asked. */
  nodes?: ReadonlySet<AnyStateNode>;
  /** Types of the delayed events that it waits for, by id. */
  pending: Map<string, string>;
  changes: Change[];
}

/** Counts what the actors of one tree do. */
export class TreeRecorder {
  readonly #data: CoverageData;
  readonly #isWatched: (guard: unknown) => boolean;
  readonly #actors = new WeakMap<AnyActorRef, Actor>();
  /** Transitions that each machine took last, by its path: they outlast the actors of a tree that is restored. */
  readonly #last = new Map<string, string[]>();

  /** @param isWatched whether a guard notes by itself what it says. */
  constructor(data: CoverageData, isWatched: (guard: unknown) => boolean) {
    this.#data = data;
    this.#isWatched = isWatched;
  }

  inspect(event: Inspected): void {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') this.#begin(actor);
    else if (event.type === '@xstate.event') this.#fire(actor, event.event.type);
    else if (event.type === '@xstate.action') this.#note(actor, event.action);
    else if (event.type === '@xstate.microstep') this.#take(actor, event);
  }

  restored(root: AnyActorRef, timers: readonly Timer[]): void {
    for (const { id, source, target, event } of timers) {
      const actor = source === target ? find(root, source) : undefined;
      if (actor) this.#of(actor).pending.set(id.slice(source.length + 1), event.type);
    }
  }

  #of(actor: AnyActorRef): Actor {
    let known = this.#actors.get(actor);
    if (!known) {
      known = { pending: new Map(), changes: [] };
      this.#actors.set(actor, known);
    }
    return known;
  }

  /** A machine that is not restored enters its first states, of which no microstep tells. */
  #begin(actor: AnyActorRef): void {
    const { logic, options } = actor as unknown as { logic: unknown; options: { snapshot?: unknown } };
    if (!isMachine(logic) || options.snapshot !== undefined) return;
    this.#last.delete(pathOf(actor));
    const nodes = entered(logic.root);
    this.#enter(hitsOf(this.#data, logic.id), new Set(), nodes);
    this.#of(actor).nodes = nodes;
  }

  #enter(hits: MachineHits, before: ReadonlySet<AnyStateNode>, after: ReadonlySet<AnyStateNode>): void {
    const news = [...after].filter((node) => !before.has(node));
    for (const node of news) count(hits.states, node.id);
    if (news.length > 0) count(hits.configurations, configurationKey(after));
  }

  #fire(actor: AnyActorRef, type: string): void {
    const known = this.#of(actor);
    this.#settle(actor, known);
    const [id] = [...known.pending].find(([, awaited]) => awaited === type) ?? [];
    if (id === undefined) return;
    known.pending.delete(id);
    this.#delay(actor, type, 'fired');
  }

  #delay(actor: AnyActorRef, type: string, what: 'fired' | 'cancelled'): void {
    const { logic } = actor as unknown as { logic: unknown };
    if (isMachine(logic)) count(hitsOf(this.#data, logic.id).delays, delayKey(type, what));
  }

  #note(actor: AnyActorRef, { type, params }: { type: string; params: unknown }): void {
    const { id, event, delay, sendId } = (params ?? {}) as Params;
    if (type === 'xstate.raise' && event && typeof delay === 'number') {
      this.#of(actor).changes.push({ what: 'raise', id: id ?? event.type, type: event.type });
    }
    if (type === 'xstate.cancel' && sendId !== undefined) this.#of(actor).changes.push({ what: 'cancel', id: sendId });
  }

  #settle(actor: AnyActorRef, known: Actor): void {
    for (const change of known.changes.splice(0)) {
      const type = known.pending.get(change.id);
      if (type !== undefined && change.what === 'cancel') this.#delay(actor, type, 'cancelled');
      known.pending.delete(change.id);
      if (change.what === 'raise') known.pending.set(change.id, change.type);
    }
  }

  #take(actor: AnyActorRef, { snapshot, _transitions }: Microstep): void {
    if (!isMachineSnapshot(snapshot)) return;
    const known = this.#of(actor);
    const { machine, _nodes, status } = snapshot as AnyMachineSnapshot;
    const hits = hitsOf(this.#data, machine.id);
    const before = known.nodes ?? new Set((actor.getSnapshot() as AnyMachineSnapshot)._nodes);
    const after = new Set(_nodes);
    const taken = withoutConflicts(_transitions, before);
    const places = placesOf(machine);
    const keys = taken.flatMap((transition) => places.get(transition)?.key ?? []);
    for (const key of keys) count(hits.transitions, key);
    for (const transition of taken) this.#decided(hits, transition);
    if (keys.length > 0) this.#follow(hits, pathOf(actor), keys);
    this.#enter(hits, before, after);
    known.nodes = after;
    this.#settle(actor, known);
    if (status === 'active') return;
    for (const type of known.pending.values()) this.#delay(actor, type, 'cancelled');
    known.pending.clear();
  }

  /** A state had an event of this type before it; where its first candidate is guarded and watched, that was counted. */
  #decided(hits: MachineHits, transition: Transition): void {
    const { source, eventType } = transition;
    const first = placesOf(source.machine).get(transition)?.first;
    if (isNamed(eventType) && !this.#isWatched(first?.guard)) count(hits.events, eventKey(source, eventType));
  }

  #follow(hits: MachineHits, path: string, keys: string[]): void {
    for (const first of this.#last.get(path) ?? []) {
      for (const second of keys) count(hits.pairs, pairKey(first, second));
    }
    this.#last.set(path, keys);
  }
}

interface Params {
  id?: string;
  event?: { type: string };
  delay?: unknown;
  sendId?: string;
}
