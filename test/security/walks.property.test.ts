import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Factor, RecoveryOutput } from '../../machines/outcome.ts';
import type { Policy } from '../../machines/policy.ts';
import type { RecoveryContext } from '../../machines/recovery.ts';
import type { Step } from '../../src/core/index.ts';
import { SECRETS, Walk } from './walk.ts';

/** Steps that are walked at least, under each of the two profiles; `npm run walks` takes 50 000 of each. */
const STEPS = Number(process.env.WALK_STEPS ?? 2_500);
/** Of which a walk takes about this many. */
const A_WALK = 15;
const LONGEST = 60;
const SEED = 20260302;

type Command = { do: 'act' | 'send' | 'answer' | 'wait'; pick: number };
const pick = fc.nat(10_000);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant('act' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), pick }) },
);

const contextOf = ({ snapshot }: Step) => (snapshot as { context: RecoveryContext }).context;

/** The proofs that the password is about to be set by, as the rules have it, not as the machine computes it. */
function enough(policy: Policy, proofs: RecoveryContext['proofs']): boolean {
  if (proofs.some(({ path }) => policy.profile === 'source' || path === 'appeal')) return true;
  const kinds = new Set(proofs.flatMap(({ factors }) => factors.map((factor: Factor) => factor.split(':')[0])));
  return new Set(proofs.map(({ path }) => path)).size >= 2 && kinds.size >= 2;
}

/** What has to hold of every step that was taken (R60). */
function hold({ policy, taken }: Walk): void {
  let [set, revoked, paid, cancelled] = [0, 0, 0, false];
  for (const { input, before, after } of taken) {
    const answered = input.type === 'answer' ? (input.output as Record<string, unknown>) : {};
    const port = input.type === 'answer' ? (input.key.split('/').at(-2) ?? '') : '';
    if (before?.status === 'done') throw new Error('something came after the end');
    if (after.requests.some((request) => request.port === 'setPassword')) {
      if (before?.states.join() !== 'settingPassword.awaiting') throw new Error('a password out of turn');
      const proofs = contextOf(after).proofs.filter(({ at }) => at > 0);
      if (!enough(policy, proofs)) throw new Error(`a password without proof: ${JSON.stringify(proofs)}`);
      if (set > 0) throw new Error('a proof was used twice');
    }
    if (port === 'setPassword' && answered.ok) set += 1;
    if (port === 'revokeSessions' && answered.ok) revoked += 1;
    if (port === 'redeemEmergencyCode' && answered.accepted) paid += 1;
    const asked = after.requests.find((request) => request.port === 'redeemEmergencyCode');
    if (asked && Number((asked.input as { amountFen: number }).amountFen) > 50_000) throw new Error('too much is paid');
    if (asked && paid > 0) throw new Error('paid twice');
    if (cancelled && after.requests.some((request) => request.port === 'setPassword'))
      throw new Error('set after cancel');
    if (input.type === 'event' && input.event.type === 'recovery.cancel') cancelled = true;
    const output = after.output as RecoveryOutput | undefined;
    if (output?.outcome === 'reset' && (set === 0 || revoked === 0 || cancelled))
      throw new Error('a reset out of nothing');
    if (output && (after.timers.length > 0 || after.awaited.length > 0)) throw new Error('an end that still waits');
  }
}

test.for(['source', 'strict'] as const)(
  'R20, R30, R45, R60: what must never happen does not, whatever comes (%s)',
  { timeout: 1_000_000 },
  (profile, { task }) => {
    const numRuns = Math.ceil(STEPS / A_WALK);
    let steps = 0;
    const seen = new Set<string>();
    const commands = fc.array(command, { minLength: 20, maxLength: LONGEST, size: 'max' });
    fc.assert(
      fc.property(fc.nat(2), commands, (account, commands) => {
        const walk = new Walk(profile, account);
        for (const { do: what, pick } of commands) if (!walk.isDone) walk[what](pick);
        if (!walk.end()) throw new Error(`no way to an end from ${walk.state}`);
        hold(walk);
        steps += walk.taken.length;
        for (const { after } of walk.taken) {
          const kept = JSON.stringify([after.snapshot, after.timers, after.emitted, after.output]);
          for (const secret of Object.values(SECRETS))
            if (kept.includes(secret)) throw new Error(`'${secret}' was kept`);
          for (const state of after.states) seen.add(state);
        }
      }),
      { numRuns, seed: SEED },
    );
    task.meta.walks = numRuns;
    expect(steps).toBeGreaterThanOrEqual(STEPS);
    const far = ['settingPassword.revoking', 'completed', 'observing', 'cancelled', 'expired'];
    expect(far.filter((state) => !seen.has(state))).toEqual([]);
  },
);
