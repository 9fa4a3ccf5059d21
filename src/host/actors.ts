import { randomUUID } from 'node:crypto';
import type { AnyStateMachine, ContextFrom, EventFromLogic, InputFrom, OutputFrom } from 'xstate';
import { type Instant, inspect, type Timer, type Tracer } from '../core/index.ts';
import type { AuditEntry, RecoveryRecord, RequestRecord, Store } from '../store/types.ts';
import type { Particulars } from './change.ts';
import { type Clock, clockOf } from './clock.ts';
import type { Changed, Stand } from './delivery.ts';
import { Engine } from './engine.ts';
import { Takeover } from './takeover.ts';
import { Versions } from './versions.ts';

/** What a call is told beside its input. */
export interface ActorCall {
  /** Idempotency key: the same call has the same one, however often it is made. */
  key: string;
  actorId: string;
  port: string;
  attempt: number;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

export interface ActorsOptions<M extends AnyStateMachine> {
  /** Any machine of XState 5 whose actors are promises, machines, or pure. Give it a `version`, raised with each change. */
  machine: M;
  /** A store of its own: one kind of machine a file. */
  store: Store;
  /** Carries out the machine's promise actors, by the name of their `src`. What it throws is the failure of the call. */
  ports?: Readonly<Record<string, (input: never, call: ActorCall) => Promise<unknown>>>;
  /** By default the time that hosts on the store go by: its database's where there may be several, else the machine's. */
  clock?: Clock;
  /** Looks on while steps are taken, such as `new CoverageRecorder().tracer()`: one for each actor. */
  trace?: (actorId: string) => Tracer;
  /** Told of what went wrong beside any caller. */
  onError?: (error: unknown) => void;
}

/** An actor as it stands. */
export interface ActorView<M extends AnyStateMachine> {
  id: string;
  status: RecoveryRecord['status'];
  /** Counts committed changes, from 1. */
  version: number;
  /** Active states of the whole tree as dotted paths, joined by commas. */
  state: string;
  context: ContextFrom<M>;
  /** Types of events that the active states take. */
  events: string[];
  /** What falls due by itself, the earliest first; `at` in ms. */
  deadlines: { type: string; at: Instant }[];
  output?: OutputFrom<M>;
}

/** Durable actors of one machine. */
export interface Actors<M extends AnyStateMachine> {
  /** Begins an actor; it is written when the promise resolves. @param id of its own, a random one by default. */
  start(input: InputFrom<M>, id?: string): Promise<ActorView<M>>;
  /**
   * Delivers an event, after every timer that is due by now.
   * @returns whether it was taken, and how the actor then stands.
   * @throws Error for an actor that is not there.
   */
  send(id: string, event: EventFromLogic<M>): Promise<{ taken: boolean; actor: ActorView<M> }>;
  get(id: string): Promise<ActorView<M> | undefined>;
  /** What happened to an actor, in order. */
  audit(id: string): Promise<AuditEntry[]>;
  /** Calls back after every committed change, with the actor's id as `recoveryId`; returns a function that ends it. */
  onChange(listener: (changed: Changed) => void): () => void;
  /** Resolves when nothing is under way but what waits for time to pass. */
  idle(): Promise<void>;
  /** Stops; what is under way stays in the store and is taken up by the next host. The store is left open. */
  close(): Promise<void>;
}

/** Nothing of a machine that is not a recovery is particular. */
const PARTICULARS: Particulars = {
  isLive: () => false,
  ledger: () => [],
  notices: () => [],
  seal: (_, input) => JSON.stringify(input ?? null),
  retention: () => [],
  erasure: () => {
    throw new Error('nothing was to be erased');
  },
};
const RETRY = 1_000;

/**
 * Makes actors of any machine last: states, timers, calls and what happened are written in one transaction a step, and taken up
 * again after a stop or a crash.
 * @throws VersionError `machineChanged` when actors are under way that began with another chart of the same version.
 */
export async function createActors<M extends AnyStateMachine>(options: ActorsOptions<M>): Promise<Actors<M>> {
  const { machine, store, ports = {}, clock = clockOf(store), trace } = options;
  const onError = options.onError ?? ((error: unknown) => console.error(error));
  const shared = { store, clock, particulars: PARTICULARS, onError };
  const versions = new Versions(machine, []);
  const engine = new Engine({
    ...shared,
    machine,
    takeover: new Takeover({ ...shared, versions }),
    call: async ({ recoveryId, key, port, attempt, input }: RequestRecord, signal) => {
      const carryOut = ports[port];
      if (!carryOut) throw new Error(`there is no port '${port}': ports: { ${port}: async (input) => … }`);
      const call: ActorCall = { key: `${recoveryId}/${key}`, actorId: recoveryId, port, attempt, signal };
      return carryOut(JSON.parse(input) as never, call);
    },
    triesOf: () => 1,
    retryDelay: () => RETRY,
    observer: {},
    trace,
  });
  const viewOf = ({ recovery, timers }: Pick<Stand, 'recovery' | 'timers'>): ActorView<M> => ({
    id: recovery.id,
    status: recovery.status,
    version: recovery.version,
    state: recovery.state,
    context: (recovery.snapshot as { context: ContextFrom<M> }).context,
    events: recovery.status === 'active' ? inspect(machine, recovery).flatMap(({ events }) => events) : [],
    deadlines: timers.map(deadlineOf).sort((a, b) => a.at - b.at),
    ...(recovery.status === 'done' ? { output: (recovery.snapshot as { output: OutputFrom<M> }).output } : {}),
  });
  const get = async (id: string) => {
    const loaded = await store.load(id);
    return loaded && viewOf(loaded);
  };
  await engine.open();
  return {
    start: async (input, id = randomUUID()) => {
      if (await store.load(id)) throw new Error(`there is an actor '${id}' already`);
      const at = clock.now();
      const began = await engine.start(recordOf(id, machine.version ?? '', at), input, { at, kind: 'start', data: {} });
      const actor = await get(id);
      if (!began || !actor) throw new Error(`there is an actor '${id}' already`);
      return actor;
    },
    send: async (id, event) => {
      const data = { event: { type: event.type } };
      const delivered = await engine.deliver(id, {
        input: { type: 'event', event },
        entry: { at: 0, kind: 'event', data },
        refused: () => ({ at: 0, kind: 'refused', data }),
      });
      if (!('recovery' in delivered)) throw new Error(`actor '${id}' is ${delivered.result}`);
      return { taken: delivered.result === 'taken', actor: viewOf(delivered) };
    },
    get,
    audit: (id) => store.audit(id),
    onChange: (listener) => engine.onChange(listener),
    idle: () => engine.idle(),
    close: () => engine.close(),
  };
}

const deadlineOf = ({ event, dueAt }: Timer) => ({ type: event.type, at: dueAt });

const recordOf = (id: string, machineVersion: string, at: Instant): RecoveryRecord => ({
  id,
  accountId: id,
  deviceId: '',
  live: false,
  status: 'active',
  state: '',
  version: 0,
  machineVersion,
  policyVersion: '',
  snapshot: null,
  calls: {},
  createdAt: at,
  updatedAt: at,
});
