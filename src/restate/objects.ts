import {
  type Context,
  handlers,
  type ObjectContext,
  type ObjectSharedContext,
  object,
  rpc,
  service,
} from '@restatedev/restate-sdk';
import type { CodeSlot } from '../code-store.ts';
import type { Instant } from '../core/index.ts';
import { ON_ANOTHER_DEVICE, type StartAnswer } from '../host/answer.ts';
import type { AuditEntry, LedgerEntry } from '../store/types.ts';
import { type Hosts, nowOf, opened } from './inside.ts';
import {
  ACCOUNT,
  type AccountHandlers,
  type CallOrder,
  CODE,
  type CodeHandlers,
  type ForAccount,
  keyIn,
  LIMIT,
  type LimitHandlers,
  PORTS,
  partsOf,
  RECOVERY,
  START,
  type StartHandlers,
  type StartResult,
  TEXT,
} from './names.ts';
import { OBJECT, PATIENT } from './options.ts';
import { places, type SentStart } from './recovery.ts';

type Rows = (LedgerEntry & { recoveryId: string })[];

const shared = <I, O>(work: (ctx: ObjectSharedContext, input: I) => Promise<O>) => handlers.object.shared(work);

/** An account: one live recovery, and the ledger that outlives recoveries. */
export function accountObject(hosts: Hosts) {
  const rowsIn = async (ctx: ObjectSharedContext) => (await ctx.get<Rows>('ledger')) ?? [];
  const write = async (ctx: ObjectContext, { recoveryId, live, ledger, forget }: ForAccount) => {
    const now = await ctx.get<{ recoveryId: string }>('live');
    if (!live && now?.recoveryId === recoveryId) ctx.clear('live');
    const rows = (await rowsIn(ctx)).filter((row) => !(forget && row.recoveryId === recoveryId));
    rows.push(...ledger.map((entry) => ({ recoveryId, ...entry })));
    if (rows.length > 0) ctx.set('ledger', rows);
    else ctx.clear('ledger');
  };
  const writing: Pick<AccountHandlers, 'start' | 'record'> = {
    async start(ctx, { sealed, receipt }) {
      const { host } = hosts.of(ctx.key);
      const at = await nowOf(ctx, host);
      const { start, id } = opened<SentStart>(host, sealed, places.start);
      const { deviceId } = start.device;
      const live = await ctx.get<{ recoveryId: string; deviceId: string }>('live');
      const named = receipt === undefined ? {} : { receipt };
      if (live) {
        const answer: StartAnswer =
          live.deviceId === deviceId ? { recoveryId: live.recoveryId, existing: true, at } : ON_ANOTHER_DEVICE;
        const entry: AuditEntry = { at, kind: 'refused', data: { input: 'start', code: 'conflict' } };
        const refused = 'refusal' in answer ? { entry } : {};
        if ('refusal' in answer || receipt !== undefined) {
          const token = String(ctx.request().id);
          host.begins(token);
          ctx
            .objectSendClient(RECOVERY, keyIn(host.namespace, live.recoveryId))
            .joined({ ...refused, ...named, token });
        }
        return answer;
      }
      const begun = await ctx.objectClient(RECOVERY, keyIn(host.namespace, id)).begin({ sealed, at, ...named });
      if (begun.live) ctx.set('live', { recoveryId: id, deviceId });
      await write(ctx, { recoveryId: id, ...begun, forget: false });
      return { recoveryId: id, existing: false, at };
    },
    record: write,
  };
  return object({ name: ACCOUNT.name, handlers: { ...writing, ledger: shared(rowsIn) }, options: OBJECT });
}

/** An idempotency key of starts: a repeat gets the same answer, whatever became of the recovery (R45). */
export function startObject() {
  type Kept = StartResult & { digest: string };
  const writing: Pick<StartHandlers, 'start' | 'forget'> = {
    async start(ctx, { sealed, account, digest }) {
      const kept = await ctx.get<Kept>('kept');
      if (kept) return kept.digest === digest && 'answer' in kept ? { answer: kept.answer } : { no: 'keyReused' };
      const { namespace, id: receipt } = partsOf(ctx.key);
      const answer = await ctx.objectClient(ACCOUNT, keyIn(namespace, account)).start({ sealed, receipt });
      const at = 'at' in answer ? answer.at : await ctx.date.now();
      ctx.set('kept', { digest, answer, at });
      return { answer };
    },
    forget: async (ctx) => ctx.clearAll(),
  };
  const given = shared(async (ctx) => (await ctx.get('kept')) !== null);
  return object({ name: START.name, handlers: { ...writing, given }, options: OBJECT });
}

/** A limit of posts (R14). It forgets itself when its span is over. */
export function limitObject(hosts: Hosts) {
  interface Counted {
    count: number;
    until: Instant;
  }
  const writing: LimitHandlers = {
    async take(ctx, { limit: { most, span }, now }) {
      const before = await ctx.get<Counted>('counted');
      // A clock that was wrong for a while has left an end that is too far away.
      const holds = before && before.until > now && before.until <= now + span;
      const counted = holds ? { ...before, count: before.count + 1 } : { count: 1, until: now + span };
      if (counted.count > most) return counted.until;
      ctx.set('counted', counted);
      if (!holds && hosts.of(ctx.key).host.wakesByRestate) {
        const delay = { milliseconds: span };
        ctx.objectSendClient(LIMIT, ctx.key).forget({ now: counted.until }, rpc.sendOpts({ delay }));
      }
      return now;
    },
    async giveBack(ctx) {
      const counted = await ctx.get<Counted>('counted');
      if (counted) ctx.set('counted', { ...counted, count: counted.count - 1 });
    },
    async forget(ctx, { now }) {
      const counted = await ctx.get<Counted>('counted');
      if (counted && counted.until <= now) ctx.clear('counted');
    },
  };
  return object({ name: LIMIT.name, handlers: { ...writing }, options: OBJECT });
}

/** A slot of one-time secrets. */
export function codeObject() {
  interface Kept {
    slot: CodeSlot;
    version: number;
  }
  const read: CodeHandlers['read'] = async (ctx) => (await ctx.get<Kept>('kept')) ?? { slot: null, version: 0 };
  const write: CodeHandlers['write'] = async (ctx, { slot, version }) => {
    const kept = await ctx.get<Kept>('kept');
    if ((kept?.version ?? 0) !== version) return false;
    ctx.set('kept', { slot, version: version + 1 });
    return true;
  };
  return object({ name: CODE.name, handlers: { read: shared(read), write }, options: OBJECT });
}

/** A text under a name: settings, and the structures of machines. */
export function textObject() {
  return object({
    name: TEXT.name,
    handlers: {
      get: shared(async (ctx) => ctx.get<string>('text')),
      set: async (ctx: ObjectContext, { value }: { value: string }) => ctx.set('text', value),
    },
    options: OBJECT,
  });
}

/** Carries calls out, apart from the recoveries: none is held while a bank thinks. */
export function portService(hosts: Hosts) {
  return service({
    name: PORTS.name,
    handlers: {
      async call(ctx: Context, order: CallOrder): Promise<void> {
        const { recovery, key, tries, host: ordered } = order;
        const made = await ctx.run('call', () => {
          const { host, id } = hosts.of(recovery);
          return host.carryOut(id, key, tries, ordered);
        });
        // A new order is taken up at once; one that has failed as often as hosts were closed would wait longer each time.
        if (made === 'again') ctx.serviceSendClient(PORTS).call(order);
        else if (made) ctx.objectSendClient(RECOVERY, recovery).answered({ key, tries, ...made });
      },
    },
    options: PATIENT,
  });
}
