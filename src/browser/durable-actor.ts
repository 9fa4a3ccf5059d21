import { type AnyEventObject, type AnyStateMachine, createActor, type Snapshot, type SnapshotFrom } from 'xstate';
import { durable } from '../core/index.ts';
import { systemClock } from '../host/clock.ts';
import type { OpenOptions, TabActor, TabInfo } from './actor.ts';
import { Caller } from './calls.ts';
import { TabDatabase } from './database.ts';
import { TabError } from './errors.ts';
import { TabHost } from './host.ts';
import { type Listener, Listeners } from './listeners.ts';
import { portTable } from './ports.ts';
import type { ActorRecord, Rules, Sent } from './records.ts';
import { type Message, type Outcome, Tabs } from './tabs.ts';

const RETRY_BASE = 1_000;
const RETRY_LONGEST = 5 * 60_000;
const backOff = (tries: number) => Math.min(RETRY_BASE * 2 ** (tries - 1), RETRY_LONGEST);

/** What is particular to a machine, made with what its actor is kept in. */
export type RulesOf = (db: TabDatabase) => Rules;

/** What tabs of one actor know each other by. */
export const nameOf = (database: string, id: string) => `regain/${database}/${id}`;

interface Waiting {
  event: AnyEventObject;
  by: unknown;
  resolve(answer: Sent): void;
  reject(error: Error): void;
}

/** One tab's view of an actor, and its host while this tab leads. */
export class DurableActor<M extends AnyStateMachine> implements TabActor<M> {
  readonly id: string;
  readonly info: TabActor<M>['info'];
  readonly #machine: M;
  readonly #fingerprint: string;
  readonly #db: TabDatabase;
  readonly #tabs: Tabs;
  readonly #host: TabHost;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Listeners<SnapshotFrom<M>>();
  readonly #infoListeners = new Listeners<TabInfo>();
  /** Events that no host has answered yet, by key. */
  readonly #waiting = new Map<string, Waiting>();
  #record: ActorRecord | undefined;
  #snapshot: SnapshotFrom<M> | undefined;
  #info: TabInfo | undefined;
  #isHost = false;
  #failure: Error | undefined;
  #isClosed = false;
  #known = () => {};

  constructor(
    machine: M,
    fingerprint: string,
    options: OpenOptions<M> & { database: string },
    rulesOf: RulesOf,
    group: string,
  ) {
    const { id, database, clock = systemClock } = options;
    this.id = id;
    this.#machine = machine;
    this.#fingerprint = fingerprint;
    this.#onError = options.onError ?? ((error) => console.error(error));
    const ports = portTable(machine, options.ports ?? {}, options.secrets);
    this.#db = new TabDatabase(database);
    this.#tabs = new Tabs(nameOf(database, id), (message) => this.#hear(message));
    const rules = rulesOf(this.#db);
    this.#host = new TabHost({
      id,
      group,
      machine,
      fingerprint,
      input: options.input,
      migrate: options.migrate,
      db: this.#db,
      clock,
      caller: new Caller({ actorId: id, rootName: machine.id, ports, clock, rules }),
      rules,
      retryDelay: options.retryDelay ?? backOff,
      committed: (actor) => {
        this.#show(actor);
        this.#tabs.post({ type: 'changed', version: actor.version });
      },
      onError: this.#onError,
    });
    this.info = {
      getSnapshot: () => this.#infoNow(),
      subscribe: (listener) => this.#infoListeners.add(listener),
    };
  }

  /** Hosts the actor if no other tab does; else follows. */
  async open(): Promise<void> {
    if (await this.#tabs.tryToLead()) return this.#becomeHost();
    const known = new Promise<void>((resolve) => {
      this.#known = resolve;
    });
    void this.#tabs.lead().then(
      () => this.#becomeHost().catch((error) => this.#fail(error)),
      (error) => this.#fail(error),
    );
    await this.#refresh();
    await known; // the host may be about to start it
    if (this.#failure) throw this.#failure;
  }

  async #becomeHost(): Promise<void> {
    await this.#host.open();
    const record = await this.#db.load(this.id);
    if (this.#isClosed || !record) return;
    this.#isHost = true;
    this.#show(record);
    this.#tabs.post({ type: 'hosting' });
    globalThis.document?.addEventListener('visibilitychange', this.#look); // a worker has none
    for (const [key, { event, by }] of this.#waiting) void this.#carryOut(event, key, by);
  }

  /** The timers of a page that nobody sees may be late. */
  readonly #look = () => {
    if (document.visibilityState === 'visible') void this.#host.processDue().catch(this.#onError);
  };

  /** This tab cannot go on; others may. */
  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.#failure = error;
    this.#info = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#tabs.close();
    this.#known();
    if (this.#record) this.#infoListeners.tell(this.#infoNow());
  }

  #hear(message: Message): void {
    if (message.type === 'send' && this.#isHost) void this.#carryOut(message.event, message.key, message.by);
    if (message.type === 'sent') this.#settle(message.key, message.result);
    if (message.type === 'changed' && !this.#isHost) void this.#refresh().catch(this.#onError);
    if (message.type === 'hosting') {
      void this.#refresh().catch(this.#onError);
      for (const [key, { event, by }] of this.#waiting) this.#tabs.post({ type: 'send', key, event, by });
    }
  }

  async #refresh(): Promise<void> {
    const record = await this.#db.load(this.id);
    if (!record || this.#isClosed) return;
    if (record.machine !== this.#fingerprint) {
      const message = `another tab goes on with another chart of '${this.#machine.id}': load this page anew`;
      this.#fail(new TabError('machineChanged', message));
    } else this.#show(record);
  }

  #show(record: ActorRecord): void {
    if (this.#record && this.#record.version > record.version) return; // read earlier, told later
    const isNews = this.#record?.version !== record.version;
    this.#record = record;
    this.#info = undefined;
    this.#known();
    if (isNews) {
      this.#snapshot = undefined;
      this.#listeners.tell(this.getSnapshot());
    }
    this.#infoListeners.tell(this.#infoNow());
  }

  readonly getSnapshot = (): SnapshotFrom<M> => {
    const snapshot = this.#snapshot ?? snapshotOf(this.#machine, this.#stored());
    this.#snapshot = snapshot;
    return snapshot;
  };

  readonly subscribe = (listener: Listener<SnapshotFrom<M>>) => this.#listeners.add(listener);

  #stored(): ActorRecord {
    if (this.#record) return this.#record;
    throw new TabError('gone', `nothing is known of '${this.id}'`);
  }

  /** What is stored of it, with its deadlines: for views of one's own. */
  get record(): ActorRecord {
    return this.#stored();
  }

  #infoNow(): TabInfo {
    const { status, version, states, timers, updatedAt } = this.#stored();
    const deadlines = [...timers]
      .sort((a, b) => a.dueAt - b.dueAt)
      .map(({ event, source, dueAt }) => ({ type: event.type, source, dueAt }));
    const role = this.#isHost ? ('host' as const) : ('follower' as const);
    const error = this.#failure ? { error: this.#failure } : {};
    this.#info ??= { role, status, version, states, deadlines, updatedAt, ...error };
    return this.#info;
  }

  readonly send = (event: AnyEventObject, by?: unknown): Promise<Sent> => {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(closed(this.id));
    const key = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.#waiting.set(key, { event, by, resolve, reject });
      if (this.#isHost) void this.#carryOut(event, key, by);
      else this.#tabs.post({ type: 'send', key, event, by });
    });
  };

  /** Delivers an event of this tab or another, and tells whoever sent it. */
  async #carryOut(event: AnyEventObject, key: string, by: unknown): Promise<void> {
    const result = await this.#host.send(event, key, by).then(
      (answer) => ({ answer }),
      (error: Error) => ({ error }),
    );
    if (this.#isClosed) return; // the next host is sent it again
    if (this.#waiting.has(key)) this.#settle(key, result);
    else this.#tabs.post({ type: 'sent', key, result: 'error' in result ? { error: plain(result.error) } : result });
  }

  #settle(key: string, result: Outcome): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if ('answer' in result) waiting?.resolve(result.answer);
    else waiting?.reject(result.error instanceof Error ? result.error : Object.assign(new Error(), result.error));
  }

  log = () => this.#db.log(this.id);
  idle = () => this.#host.idle();

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    globalThis.document?.removeEventListener('visibilitychange', this.#look);
    await this.#host.close();
    this.#tabs.close(); // only now: the next host must find all that this one wrote
    for (const { reject } of this.#waiting.values()) reject(closed(this.id));
    this.#waiting.clear();
    await this.#db.close();
  }
}

const closed = (id: string) => new TabError('closed', `actor '${id}' was closed in this tab`);

const plain = ({ name, message, code }: Error & { code?: string }) => ({ name, message, ...(code ? { code } : {}) });

/** A stored tree together again, without waking it. */
function snapshotOf<M extends AnyStateMachine>(machine: M, { snapshot }: ActorRecord): SnapshotFrom<M> {
  const actor = createActor(durable(machine), {
    snapshot: structuredClone(snapshot) as Snapshot<unknown>,
    logger: () => {},
  });
  return actor.getSnapshot() as SnapshotFrom<M>;
}
