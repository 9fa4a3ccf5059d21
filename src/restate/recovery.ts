import { handlers, type ObjectContext, type ObjectSharedContext, object, TerminalError } from '@restatedev/restate-sdk';
import type { Policy } from '../../machines/policy.ts';
import { type Answer, keyReused } from '../host/answer.ts';
import type { By, Start } from '../host/api.ts';
import { begin, decide, isMachineError, repeated, settlement } from '../host/decide.ts';
import type { Outcome } from '../host/delivery.ts';
import { scopeOf, untouched } from '../host/parts.ts';
import { Refusal } from '../host/refusal.ts';
import type { Taken } from '../host/takeover.ts';
import type { Receipt } from '../store/types.ts';
import { beganOf, type Hosts, opened } from './inside.ts';
import { type Asked, type CallResult, type EventAnswer, RECOVERY, type RecoveryHandlers } from './names.ts';
import { OBJECT } from './options.ts';
import { chainIn, receiptKey, requestsIn, standIn, trailIn } from './state.ts';
import { Turn } from './turn.ts';

/** What a client sends with an event, sealed. */
export interface SentEvent {
  event: { type?: unknown };
  by: By;
  key?: string | undefined;
  ifVersion?: number | undefined;
}

/** What a client sends with a start, sealed. */
export interface SentStart {
  start: Required<Start>;
  policy: Policy;
  id: string;
}

/** What the sealed records are for. */
export const places = {
  start: 'start',
  event: (recoveryId: string) => `event/${recoveryId}`,
  answer: (recoveryId: string, key: string) => `answer/${recoveryId}/${key}`,
};

/** The object of a recovery: each of its inputs is one handler, which writes all that the input led to. */
export function recoveryObject(hosts: Hosts) {
  /** What writes: one at a time for each recovery. */
  const turn = <I extends object, O>(work: (turn: Turn, input: I) => Promise<O>) => {
    return async (ctx: ObjectContext, input: I & Asked): Promise<O> => {
      const { host, id } = hosts.of(ctx.key);
      const left = host.entered(id, input.by);
      try {
        const mine = new Turn(ctx, host, id, await beganOf(ctx, host));
        const result = await work(mine, input);
        await mine.end();
        return result;
      } finally {
        left();
      }
    };
  };
  const shared = <I, O>(work: (ctx: ObjectSharedContext, input: I) => Promise<O>) => handlers.object.shared(work);

  const writing: Pick<RecoveryHandlers, 'begin' | 'event' | 'joined' | 'answered' | 'due' | 'wanted' | 'underWay'> = {
    begin: turn(async (mine, input) => {
      const { host, id } = mine;
      const { start, policy } = opened<SentStart>(host, input.sealed, places.start);
      const begun = host.parts.begun(start, policy, id, input.at);
      if (input.receipt !== undefined) mine.ctx.set('starts', [input.receipt]);
      try {
        const change = begin(host.machine, begun.record, begun.input, begun.entry, undefined, mine.deciding);
        await mine.write(change);
        host.parts.observer.stepped?.('start');
        return { live: change.recovery.live, ledger: [...change.ledger] };
      } catch (error) {
        throw terminal(error);
      }
    }),

    event: turn(async (mine, { sealed }) => {
      const sent = opened<SentEvent>(mine.host, sealed, places.event(mine.id));
      try {
        return await eventAnswer(mine, sent);
      } catch (error) {
        throw terminal(error);
      }
    }),

    joined: turn(async (mine, { entry, receipt, token }) => {
      if (receipt !== undefined) mine.ctx.set('starts', [...((await mine.ctx.get<string[]>('starts')) ?? []), receipt]);
      if (entry) await mine.note([entry]);
      mine.host.ends(token);
    }),

    answered: turn(answered),
    due: turn(async (mine, { at }) => {
      if (at !== undefined && (await mine.ctx.get<number>('wakes')) === at) mine.ctx.clear('wakes');
      await mine.processDue();
    }),

    wanted: turn(async (mine, { key }) => {
      await mine.processDue();
      const request = (await requestsIn(mine.ctx)).find((each) => each.key === key);
      if (!request || request.later) return null;
      return request;
    }),

    underWay: turn(async (mine) => {
      await mine.processDue();
      return (await requestsIn(mine.ctx)).filter(({ later }) => !later);
    }),
  };

  return object({
    name: RECOVERY.name,
    handlers: {
      ...writing,
      turn: async () => {},
      stand: shared((ctx) => standIn(ctx)),
      trail: shared(async (ctx, { after }: { after: number }) => ((await standIn(ctx)) ? trailIn(ctx, after) : null)),
      chain: shared((ctx) => chainIn(ctx)),
      outbox: shared((ctx) => requestsIn(ctx)),
      hasReceipt: shared(async (ctx, { receipt }: { receipt: string }) => (await ctx.get<Receipt>(receipt)) !== null),
    },
    options: OBJECT,
  });
}

/** An error that a repeat would bring again ends the call; any other is tried again by Restate. */
const terminal = (error: unknown) =>
  isMachineError(error) ? new TerminalError(error instanceof Error ? error.message : String(error)) : error;

async function eventAnswer(mine: Turn, { event, by, key, ifVersion }: SentEvent): Promise<EventAnswer> {
  const { host, ctx, id, now } = mine;
  const taken = await mine.load();
  if (!taken) return { no: 'unknown' };
  const made = deliveryOf(mine, taken, { event, by, key, ifVersion });
  if (made instanceof Refusal) {
    await mine.note([host.parts.refusal(taken.recovery, event, by, made, now)]);
    return { answer: refusalAnswer(made) };
  }
  const { delivery, answer } = made;
  const receipt = key === undefined ? null : await ctx.get<Receipt>(receiptKey(scopeOf(id, by), key));
  const before = repeated(receipt ?? undefined, delivery.asked);
  if (before?.result === 'keyReused') return { answer: refusalAnswer(keyReused()) };
  if (before?.result === 'repeated') return { answer: before.answer as Answer };
  const decision = decide(taken, delivery, now, mine.deciding);
  await mine.carry(decision);
  const { delivered } = decision;
  if (delivered.result === 'untouched') return { answer: refusalAnswer(untouched(id, delivered.reason)) };
  if (!('step' in delivered)) throw new TypeError(`an event cannot come to '${delivered.result}'`);
  return { answer: answer(delivered) };
}

function deliveryOf({ host, now }: Turn, taken: Taken, { event, by, key, ifVersion }: SentEvent) {
  try {
    return host.parts.delivery(taken, event, by, { key, ifVersion, now: () => now });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function refusalAnswer({ code, message, reason, field, allowed }: Refusal): Answer {
  const details = {
    ...(reason === undefined ? {} : { reason }),
    ...(field === undefined ? {} : { field }),
    ...(allowed === undefined ? {} : { allowed }),
  };
  return { refusal: { code, message, ...details } };
}

/** What came of a call: it is made again, told to the trail, or brought to the machine. */
async function answered(mine: Turn, { key, port, kind, tries: before, sealed }: CallResult): Promise<void> {
  const { host, ctx, id, now } = mine;
  const outcome = opened<Outcome>(host, sealed, places.answer(id, key));
  const requests = await requestsIn(ctx);
  const request = requests.find((each) => each.key === key);
  if (request && request.tries !== before) return; // an answer of an earlier try
  const tries = before + 1;
  if ('error' in outcome) {
    if (!request) return; // given up
    if (tries < host.parts.caller.triesOf(port)) {
      const notBefore = now + host.parts.retryDelay(tries);
      const again = { ...request, tries, notBefore };
      const isLater = notBefore > now;
      ctx.set(
        'requests',
        requests.map((each) => (each.key === key ? { ...again, ...(isLater ? { later: true } : {}) } : each)),
      );
      host.parts.observer.retried?.(port);
      if (isLater) host.settled(id, key);
      else mine.order(again);
      return;
    }
  }
  const settled = settlement({ key, port, kind }, outcome, now);
  if ('note' in settled) {
    await mine.note([settled.note]);
    return mine.settle(key);
  }
  try {
    const taken = await mine.load();
    if (!taken) return;
    const decision = decide(taken, settled.delivery, now, mine.deciding);
    await mine.carry(decision);
    if (decision.delivered.result === 'refused') await mine.settle(key);
  } catch (error) {
    if (!isMachineError(error)) throw error;
    await mine.getStuck(error);
  }
  host.settled(id, key);
}
