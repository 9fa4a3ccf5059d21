import { type ObjectContext, rpc } from '@restatedev/restate-sdk';
import type { Instant } from '../core/index.ts';
import { type Decision, decide, isMachineError, stuck } from '../host/decide.ts';
import type { Random } from '../host/parts.ts';
import type { Taken } from '../host/takeover.ts';
import type { AuditEntry, Change, Receipt, RequestRecord } from '../store/types.ts';
import { type Inside, randomOf } from './inside.ts';
import { ACCOUNT, keyIn, PORTS, RECOVERY, START } from './names.ts';
import {
  ledgerIn,
  nextErasure,
  requestsIn,
  retentionIn,
  standIn,
  trailIn,
  writeAudit,
  writeChange,
  writeIndex,
  writeReceipt,
} from './state.ts';

/** One handler's turn at a recovery. */
export class Turn {
  readonly ctx: ObjectContext;
  readonly host: Inside;
  readonly id: string;
  readonly random: Random;
  readonly now: Instant;
  readonly #hostId: string;
  #isLeft = false;

  constructor(ctx: ObjectContext, host: Inside, id: string, { at, hostId }: { at: Instant; hostId: string }) {
    this.ctx = ctx;
    this.host = host;
    this.id = id;
    this.now = at;
    this.#hostId = hostId;
    this.random = randomOf(ctx, host);
  }

  get deciding() {
    return { particulars: this.host.parts.particulars(this.random), tracer: this.host.trace(this.id) };
  }

  /** The recovery with its machine; one that has to be migrated first is. */
  async load(): Promise<Taken | undefined> {
    const stand = await standIn(this.ctx);
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
    const { ctx, host } = this;
    const before = await standIn(ctx);
    const { recovery, requests, awaited, ledger, erasure } = change;
    await writeChange(ctx, change, this.random);
    if (before?.recovery.accountId) ctx.set('account', before.recovery.accountId);
    if (before) {
      const wasLive = before.recovery.live;
      if (ledger.length > 0 || wasLive !== recovery.live || erasure?.ledger) await this.#tellAccount(change);
    } else ctx.set('account', recovery.accountId);
    if (erasure?.onlyPort !== undefined) await this.#forgetStarts();
    host.keepOnly(recovery.id, awaited);
    for (const request of requests) this.order(request);
    const { id: recoveryId, version, state, status, updatedAt: at } = recovery;
    host.changed({ recoveryId, version, state, status, at });
  }

  async #tellAccount({ recovery, ledger, erasure }: Change): Promise<void> {
    const { ctx, host, id } = this;
    const account = (await ctx.get<string>('account')) ?? '';
    const told = { recoveryId: id, live: recovery.live, ledger: [...ledger], forget: erasure?.ledger === true };
    await ctx.objectClient(ACCOUNT, keyIn(host.namespace, account)).record(told);
    if (erasure?.ledger) ctx.clear('account');
  }

  async #forgetStarts(): Promise<void> {
    const { ctx, host } = this;
    for (const start of (await ctx.get<string[]>('starts')) ?? [])
      ctx.objectSendClient(START, keyIn(host.namespace, start)).forget({});
    ctx.clear('starts');
  }

  /** Has a call made as soon as this turn is over. */
  order(request: RequestRecord): void {
    const { ctx, host, id } = this;
    host.ordered(request);
    const { key, tries } = request;
    ctx.serviceSendClient(PORTS).call({ recovery: keyIn(host.namespace, id), key, tries, host: this.#hostId });
  }

  async note(entries: readonly AuditEntry[], receipt?: Receipt): Promise<void> {
    await writeAudit(this.ctx, this.id, entries, this.random);
    writeReceipt(this.ctx, receipt);
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
    const requests = await requestsIn(this.ctx);
    this.ctx.set(
      'requests',
      requests.filter((each) => each.key !== key),
    );
    this.host.settled(this.id, key);
  }

  /** Marks the recovery, whose machine failed. */
  async getStuck(error: unknown): Promise<void> {
    this.host.parts.onError(error);
    const stand = await standIn(this.ctx);
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
    const requests = await requestsIn(this.ctx);
    if (!requests.some(({ later, notBefore }) => later && notBefore <= this.now)) return;
    const isDue = ({ later, notBefore }: (typeof requests)[number]) => later === true && notBefore <= this.now;
    this.ctx.set(
      'requests',
      requests.map((request) => {
        if (!isDue(request)) return request;
        const { later: _, ...again } = request;
        return again;
      }),
    );
    for (const request of requests.filter(isDue)) this.order(request);
  }

  async #eraseDue(): Promise<void> {
    const { ctx, now } = this;
    for (;;) {
      const stand = await standIn(ctx);
      const next = nextErasure(await retentionIn(ctx));
      if (!stand || stand.recovery.status === 'active' || !next || next.dueAt > now) return;
      const { recovery } = stand;
      const ended = { recovery, trail: await trailIn(ctx), ledger: await ledgerIn(ctx) };
      const at = Math.max(now, recovery.updatedAt);
      await this.write(this.host.parts.particulars(this.random).erasure(ended, next.class, at));
    }
  }

  /** Brings the index up to date and sees to it that the recovery is woken: at the end of every turn. */
  async end(): Promise<void> {
    const { ctx, host, id, now } = this;
    const next = await writeIndex(ctx, !this.#isLeft);
    if (!host.wakesByRestate) return host.wakeAt(id, next);
    const woken = await ctx.get<Instant>('wakes');
    if (next === undefined || (woken !== null && woken <= next)) return;
    ctx.set('wakes', next);
    const delay = { milliseconds: Math.max(0, next - now) };
    ctx.objectSendClient(RECOVERY, keyIn(host.namespace, id)).due({ at: next }, rpc.sendOpts({ delay }));
  }
}
