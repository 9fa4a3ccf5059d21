import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Instant } from '../core/index.ts';
import type { RequestRecord } from '../store/types.ts';
import type { ActorRecord, Change, LogEntry, Sent } from './records.ts';

interface Schema extends DBSchema {
  actors: { key: string; value: ActorRecord; indexes: { group: string } };
  calls: { key: [actorId: string, key: string]; value: RequestRecord };
  log: {
    key: number;
    value: LogEntry & { actorId: string };
    indexes: { actor: string; key: [actorId: string, key: string] };
  };
}

const VERSION = 1;
/** Behind whatever key an actor's calls have: in IndexedDB an array sorts behind every text. */
const LAST: string[] = [];
/** A transaction is over when it is on the disk: what is lost with the power would be a deadline. */
const SAFE = { durability: 'strict' } as const;

/** Where actors are kept: one IndexedDB of an origin. All methods are safe to call at once, from several tabs. */
export class TabDatabase {
  readonly #name: string;
  #open: Promise<IDBPDatabase<Schema>> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** The browser may end a connection, such as when a person clears the site's data: the next use makes another one. */
  #db(): Promise<IDBPDatabase<Schema>> {
    const forget = () => {
      this.#open = undefined;
    };
    this.#open ??= openDB<Schema>(this.#name, VERSION, {
      upgrade(db) {
        db.createObjectStore('actors', { keyPath: 'id' }).createIndex('group', 'group');
        db.createObjectStore('calls', { keyPath: ['recoveryId', 'key'] });
        const log = db.createObjectStore('log', { autoIncrement: true });
        log.createIndex('actor', 'actorId');
        log.createIndex('key', ['actorId', 'key'], { unique: true });
      },
      blocking: () => void this.close(),
      terminated: forget,
    });
    this.#open.catch(forget);
    return this.#open;
  }

  async load(id: string): Promise<ActorRecord | undefined> {
    return (await this.#db()).get('actors', id);
  }

  /** Writes a change in one transaction. @returns false when someone else was first; then nothing is written. */
  async commit({ actor, from, calls, awaited, log }: Change): Promise<boolean> {
    const tx = (await this.#db()).transaction(['actors', 'calls', 'log'], 'readwrite', SAFE);
    const before = await tx.objectStore('actors').get(actor.id);
    if ((before?.version ?? null) !== from) {
      await tx.done;
      return false;
    }
    const outbox = tx.objectStore('calls');
    try {
      await tx.objectStore('actors').put(actor);
      for (const call of await outbox.getAll(callsOf(actor.id))) {
        if (call.kind === 'awaited' && !awaited.includes(call.key)) await outbox.delete([actor.id, call.key]);
      }
      for (const call of calls) await outbox.put(call);
      for (const entry of log) await tx.objectStore('log').add({ ...entry, actorId: actor.id });
    } catch (error) {
      tx.done.catch(() => {}); // it says the same
      abort(tx);
      throw error;
    }
    await tx.done;
    return true;
  }

  /** Adds to the log and takes calls from the outbox, in one transaction: for what changed no state. */
  async note(actorId: string, entries: readonly LogEntry[], settled: readonly string[] = []): Promise<void> {
    const tx = (await this.#db()).transaction(['calls', 'log'], 'readwrite', SAFE);
    for (const key of settled) await tx.objectStore('calls').delete([actorId, key]);
    for (const entry of entries) await tx.objectStore('log').add({ ...entry, actorId });
    await tx.done;
  }

  /** What was answered to the same event before. */
  async answered(actorId: string, key: string): Promise<Sent | undefined> {
    return (await (await this.#db()).getFromIndex('log', 'key', [actorId, key]))?.answer;
  }

  /** Calls to be carried out. */
  async calls(actorId: string): Promise<RequestRecord[]> {
    return (await this.#db()).getAll('calls', callsOf(actorId));
  }

  /** Notes a try that failed; the call stays in the outbox. @returns whether it is there still. */
  async postpone(actorId: string, key: string, tries: number, notBefore: Instant): Promise<boolean> {
    const tx = (await this.#db()).transaction('calls', 'readwrite', SAFE);
    const call = await tx.store.get([actorId, key]);
    if (call) await tx.store.put({ ...call, tries, notBefore });
    await tx.done;
    return call !== undefined;
  }

  async log(actorId: string): Promise<LogEntry[]> {
    const entries = await (await this.#db()).getAllFromIndex('log', 'actor', actorId);
    return entries.map(({ actorId: _, ...entry }) => entry);
  }

  /** What the actors of a group have put into the ledger, in order. */
  async ledger(group: string): Promise<{ actorId: string; entry: unknown }[]> {
    const db = await this.#db();
    const ids = await db.getAllKeysFromIndex('actors', 'group', group);
    const logs = await Promise.all(ids.map((id) => db.getAllFromIndex('log', 'actor', id)));
    return logs.flat().flatMap(({ actorId, ledger = [] }) => ledger.map((entry) => ({ actorId, entry })));
  }

  /** Takes an actor and all that is kept of it. */
  async remove(actorId: string): Promise<void> {
    const tx = (await this.#db()).transaction(['actors', 'calls', 'log'], 'readwrite', SAFE);
    await tx.objectStore('actors').delete(actorId);
    await tx.objectStore('calls').delete(callsOf(actorId));
    const log = tx.objectStore('log');
    for (const seq of await log.index('actor').getAllKeys(actorId)) await log.delete(seq);
    await tx.done;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    (await open?.catch(() => undefined))?.close();
  }
}

const callsOf = (actorId: string) => IDBKeyRange.bound([actorId], [actorId, LAST]);

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // a request that failed has aborted it already
  }
}
