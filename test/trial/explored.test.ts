import { expect, test } from 'vitest';
import { createPalmAndVoice, createRecoveryMachine, paths } from '../../machines/index.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { always, check, contextOf, explore, printBreach } from '../../src/testing/index.ts';
import { factsOf } from '../explore/accounts.ts';
import { OWN, PORTS } from '../explore/inputs.ts';
import { GENERAL } from '../explore/properties.ts';
import { onePath } from '../explore/recovery.ts';

/** The ninth path under the parent, in every order of events, answers, failures and timers. */

const ATTEMPTS = 2;
const ninth = createPalmAndVoice({ attemptsPerDay: ATTEMPTS });
const account = (palmVeinEnrolled: boolean) =>
  sandboxAccount({ ...factsOf('appeal'), voiceprint: { enrolled: true }, others: { palmVeinEnrolled } });
const fails = { throws: 'out of order' };

const exploration = explore(createRecoveryMachine([...paths, ninth], 'trial'), {
  ...onePath('biometric'),
  events: [
    { type: 'path.choose', path: 'palmAndVoice' },
    { type: 'path.leave' },
    { type: 'palm.scan', captureRef: 'e1' },
    { type: 'voice.spoken', captureRef: 'e1' },
    ...OWN,
  ],
  ports: {
    ...PORTS,
    matchPalmVein: [{ answer: { match: 90 } }, { answer: { match: 89 } }, fails],
    matchVoiceprint: [{ answer: { match: true } }, { answer: { match: false } }, fails],
    loadAccount: [{ answer: account(true) }, { answer: account(false) }, fails],
    assessRisk: [{ answer: { level: 'low', signals: [] } }, { answer: { level: 'high', signals: [] } }, fails],
  },
  maxMs: 100_000,
});

test('closes, and what holds of every path holds of it', { timeout: 60_000 }, () => {
  expect(exploration.stoppedBy).toBeUndefined();
  expect(exploration.closed).toBe(true);
  const verdicts = check(exploration, [
    ...GENERAL,
    always('no more attempts than there are', ({ step }) => {
      const child = contextOf<{ spent: number[] }>(step, 'palmAndVoice');
      return (child?.spent ?? []).length <= ATTEMPTS;
    }),
  ]);
  expect(verdicts.flatMap((verdict) => (verdict.ok ? [] : [printBreach(exploration, verdict)]))).toEqual([]);
});

test('no password comes of a palm without a voice, nor of a voice without a palm', () => {
  const asks = exploration.transitions.filter(({ requests }) => requests.some(({ port }) => port === 'setPassword'));
  expect(asks.length).toBeGreaterThan(0);
  for (const { from } of asks) {
    const way = exploration.pathTo(from);
    for (const port of ['matchPalmVein', 'matchVoiceprint']) {
      const answers = way.flatMap(({ input }) =>
        input.type === 'answer' && input.port === port ? [input.answer] : [],
      );
      expect(
        answers.some((answer) => [90, true].includes((answer as { match: number | boolean }).match as never)),
      ).toBe(true);
    }
  }
});
