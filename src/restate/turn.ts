import { type ObjectContext, rpc } from '@restatedev/restate-sdk';
import type { Instant } from '../core/index.ts';
import { type Decision, decide, isMachineError, stuck } from '../host/decide.ts';
import type { Random } from '../host/parts.ts';
import type { Taken } from '../host/takeover.ts';
import type { AuditEntry, Change, Receipt, RequestRecord } from '../store/types.ts';
import { Cells } from './cells.ts';
import { type Inside, randomOf } from './inside.ts';
import { ACCOUNT, keyIn, PORTS, RECOVERY, START } from './names.ts';
import {
  keep,
  keptIn,
  nextErasure,
  standIn,
  trailIn,
  type Waiting,
  writeAudit,
  writeChange,
  writeIndex,
  writeReceipt,
} from './state.ts';

/** One handler's turn at a recovery. */
export class Turn {
  readonly cells: Cells;
  readonly #ctx: ObjectContext;
  readonly host: Inside;
  readonly id: string;
  readonly random: Random;
  readonly now: Instant;
  #isLeft = false;

  constructor(ctx: ObjectContext, host: Inside, id: string, now: Instant) {
    this.#ctx = ctx;
    this.cells = new Cells(ctx);
    this.host = host;
    this.id = id;
    this.now = now;
    this.random = randomOf(ctx, host);
  }

  get deciding() {
    return { particulars: this.host.parts.particulars(this.random), tracer: this.host.trace(this.id) };
  }

  /** The recovery with its machine; one that has to be migrated first is. */
  async load(): Promise<Taken | undefined> {
    const stand = await standIn(this.cells);
    if (!stand) return undefined;
    const { taken, migration } = this.host.takeover.take(stand, this.now, this.host.parts.particulars(this.random));
    if (migration) {
      await this.write(migration);
      return this.load();
    }
    this.#isLeft = taken.reason !== undefined;
    return taken;
  }

  /** Writes a change, and sees to what follows from it. */
  async write(change: Change): Promise<void> {
    const { cells, host } = this;
    const before = await standIn(cells);
    const { recovery, requests, awaited, ledger, erasure } = change;
    await writeChange(cells, change, this.random);
    if (!before) await keep(cells, { account: recovery.accountId });
    else if (ledger.length > 0 || before.recovery.live !== recovery.live || erasure?.ledger)
      await this.#tellAccount(change);
    if (erasure?.onlyPort !== undefined) await this.#forgetStarts();
    host.keepOnly(recovery.id, awaited);
    for (const request of requests) this.order(request);
    const { id: recoveryId, version, state, status, updatedAt: at } = recovery;
    host.changed({ recoveryId, version, state, status, at });
  }

  async #tellAccount({ recovery, ledger, erasure }: Change): Promise<void> {
    const { account } = await keptIn(this.cells);
    const told = { recoveryId: this.id, live: recovery.live, ledger: [...ledger], forget: erasure?.ledger === true };
    await this.#ctx.objectClient(ACCOUNT, keyIn(this.host.namespace, account)).record(told);
    if (erasure?.ledger) await keep(this.cells, { account: '' });
  }

  async #forgetStarts(): Promise<void> {
    const { starts } = await keptIn(this.cells);
    for (const start of starts) this.#ctx.objectSendClient(START, keyIn(this.host.namespace, start)).forget({});
    await keep(this.cells, { starts: [] });
  }

  /** Has a call made as soon as this turn is over. */
  order(request: RequestRecord): void {
    const { host, id } = this;
    host.ordered(request);
    const { key, tries } = request;
    this.#ctx.serviceSendClient(PORTS).call({ recovery: keyIn(host.namespace, id), key, tries, host: host.id });
  }

  async note(entries: readonly AuditEntry[], receipt?: Receipt): Promise<void> {
    await writeAudit(this.cells, this.id, entries, this.random);
    writeReceipt(this.cells, receipt);
  }

  /** Writes what was decided. */
  async carry(decision: Decision): Promise<void> {
    if (decision.write === 'note') await this.note([decision.entry], decision.receipt);
    if (decision.write !== 'change') return;
    await this.write(decision.change);
    for (const { input, lateness } of decision.steps) this.host.parts.observer.stepped?.(input, lateness);
  }

  /** Takes a call from the outbox. */
  async settle(key: string): Promise<void> {
    const { requests } = await keptIn(this.cells);
    await keep(this.cells, { requests: requests.filter((each) => each.key !== key) });
    this.host.settled(this.id, key);
  }

  /** Marks the recovery, whose machine failed. */
  async getStuck(error: unknown): Promise<void> {
    this.host.parts.onError(error);
    const stand = await standIn(this.cells);
    if (stand?.recovery.status !== 'active') return;
    await this.write(stuck(stand, error, this.now, this.host.parts.particulars(this.random)));
  }

  /** Timers that are due, calls that are to be tried again, erasures whose date has come. */
  async processDue(): Promise<void> {
    try {
      const taken = await this.load();
      if (!taken || taken.reason) return;
      await this.carry(decide(taken, undefined, this.now, this.deciding));
    } catch (error) {
      if (!isMachineError(error)) throw error;
      await this.getStuck(error);
    }
    await this.#tryAgain();
    await this.#eraseDue();
  }

  async #tryAgain(): Promise<void> {
    const { requests } = await keptIn(this.cells);
    const isDue = ({ later, notBefore }: Waiting) => later === true && notBefore <= this.now;
    const due = requests.filter(isDue);
    if (due.length === 0) return;
    const again = requests.map((request) => {
      if (!isDue(request)) return request;
      const { later: _, ...now } = request;
      return now;
    });
    await keep(this.cells, { requests: again });
    for (const request of due) this.order(request);
  }

  async #eraseDue(): Promise<void> {
    const { cells, now } = this;
    for (;;) {
      const stand = await standIn(cells);
      const { retention, ledger } = await keptIn(cells);
      const next = nextErasure(retention);
      if (!stand || stand.recovery.status === 'active' || !next || next.dueAt > now) return;
      const { recovery } = stand;
      const ended = { recovery, trail: await trailIn(cells), ledger };
      const at = Math.max(now, recovery.updatedAt);
      await this.write(this.host.parts.particulars(this.random).erasure(ended, next.class, at));
    }
  }

  /** Writes everything, and sees to it that the recovery is woken: at the end of every turn. */
  async end(): Promise<void> {
    const { cells, host, id, now } = this;
    const next = await writeIndex(cells, !this.#isLeft);
    if (!host.wakesByRestate) host.wakeAt(id, next);
    else await this.#wakeAt(next, now);
    cells.flush();
  }

  async #wakeAt(next: Instant | undefined, now: Instant): Promise<void> {
    const { wakes } = await keptIn(this.cells);
    if (next === undefined || (wakes !== undefined && wakes <= next)) return;
    await keep(this.cells, { wakes: next });
    const delay = { milliseconds: Math.max(0, next - now) };
    const itself = this.#ctx.objectSendClient(RECOVERY, keyIn(this.host.namespace, this.id));
    itself.due({ at: next }, rpc.sendOpts({ delay }));
  }
}
