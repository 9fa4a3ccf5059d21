import Database from 'better-sqlite3';
import { recoveryMachine } from 'regain/machines';
import { type AnyStateMachine, createActor, type Snapshot } from 'xstate';
import { EVENTS, inCall, START } from './subject.ts';

const MACHINE: AnyStateMachine = recoveryMachine;

/** What a program does by hand for one durable event: no check, no hash, no view. */
export class Naive {
  readonly #database: Database.Database;
  readonly #ids: string[] = [];
  readonly #count: number;
  readonly #onlySnapshots: boolean;
  readonly #waiting: { index: number; event: object; resolve: (state: string) => void }[] = [];
  #single = 0;
  #events = 0;
  readonly #select: Database.Statement<[string], { snapshot: string; version: number }>;
  readonly #update: Database.Statement<[string, number, string, number]>;
  readonly #audit: Database.Statement<[string, number, string]>;
  readonly #timer: Database.Statement<[number, string]>;
  readonly #oneOf: (id: string, event: object) => void;
  readonly #allOf: (event: object) => void;

  /** @param onlySnapshots keeps no audit entry and no timer. */
  constructor(file: string, count: number, { onlySnapshots = false } = {}) {
    this.#count = count;
    this.#onlySnapshots = onlySnapshots;
    this.#database = new Database(file);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.exec(`
      create table recoveries (id text primary key, version integer not null, snapshot text not null);
      create table audit (recovery text not null, seq integer not null, data text not null, primary key (recovery, seq));
      create table timers (recovery text primary key, due_at integer not null);
      create index timers_due on timers (due_at);
    `);
    this.#select = this.#database.prepare('select snapshot, version from recoveries where id = ?');
    this.#update = this.#database.prepare(
      'update recoveries set snapshot = ?, version = ? where id = ? and version = ?',
    );
    this.#audit = this.#database.prepare('insert into audit (recovery, seq, data) values (?, ?, ?)');
    this.#timer = this.#database.prepare('update timers set due_at = ? where recovery = ?');
    this.#oneOf = this.#database.transaction((id: string, event: object) => this.#event(id, event));
    this.#allOf = this.#database.transaction((event: object) => {
      for (const id of this.#ids.slice(1)) this.#event(id, event);
    });
  }

  async fill(): Promise<this> {
    const snapshot = JSON.stringify((await inCall()).snapshot);
    const recovery = this.#database.prepare('insert into recoveries (id, version, snapshot) values (?, 1, ?)');
    const timer = this.#database.prepare('insert into timers (recovery, due_at) values (?, ?)');
    for (let index = 0; index < this.#count; index++) {
      const id = `recovery-${index}`;
      recovery.run(id, snapshot);
      timer.run(id, START);
      this.#ids.push(id);
    }
    return this;
  }

  #event(id: string, event: object): void {
    const row = this.#select.get(id);
    if (!row) throw new Error(`there is no ${id}`);
    const actor = createActor(MACHINE, { snapshot: JSON.parse(row.snapshot) as Snapshot<unknown> });
    actor.start();
    actor.send(event as { type: string });
    const snapshot = JSON.stringify(actor.getPersistedSnapshot());
    actor.stop();
    const version = row.version + 1;
    this.#update.run(snapshot, version, id, row.version);
    if (this.#onlySnapshots) return;
    this.#audit.run(id, version, JSON.stringify(event));
    this.#timer.run(START + version, id);
  }

  /** Both events in turns at one recovery, so that each is taken. */
  one(): void {
    this.#oneOf(this.#ids[0] ?? '', eventAt(this.#single++));
  }

  /** One event at each recovery but the first, in one transaction; that one is for `one`. */
  together(): void {
    this.#allOf(eventAt(this.#events++));
  }

  /** What arrives at the same moment shares a transaction, and is answered after it. */
  grouped(index: number, event: object): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push({ index, event, resolve });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting.splice(0);
    this.#database.exec('begin immediate');
    for (const { index, event } of waiting) this.#event(this.#ids[index] ?? '', { ...event, at: START });
    this.#database.exec('commit');
    for (const { resolve } of waiting) resolve('taken');
  }

  close(): void {
    this.#database.close();
  }
}

const eventAt = (count: number) => ({ ...EVENTS[count % EVENTS.length], at: START + count });
