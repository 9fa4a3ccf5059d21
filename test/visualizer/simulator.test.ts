import { describe, expect, it } from 'vitest';
import { policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { contextOf } from '../../visualizer/src/simulator/chart-state.ts';
import { sampleEvent } from '../../visualizer/src/simulator/samples.ts';
import { Simulator } from '../../visualizer/src/simulator/simulator.ts';
import { possibleEvents, SUBJECTS, type Subject, viewsOf } from '../../visualizer/src/simulator/subject.ts';
import { createWorld } from '../../visualizer/src/simulator/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOTHING_LEFT = {
  cards: [],
  validTransactions: 3,
  contacts: [],
  realName: { verified: false },
  biometric: { enabled: false },
  voiceprint: { enrolled: false },
};

function simulatorOf(id: string, account: Record<string, unknown> = {}): Simulator {
  const facts = sandboxAccount(account);
  const subject = SUBJECTS.find((each) => each.id === id) as Subject;
  const setting = {
    account: facts,
    device: { deviceId: 'd1' },
    network: { ip: '127.0.0.1' },
    policy: policyOf(),
    now: Date.parse('2026-03-02T10:00:00+08:00'),
  };
  return new Simulator(subject, setting, createWorld({ account: () => facts }));
}

const states = ({ simulation }: Simulator) => simulation.current.step.states.join();
const possible = ({ subject, simulation }: Simulator) =>
  possibleEvents(subject, viewsOf(subject, simulation.current.step));

/** Sends an event as a well-behaved person would. */
async function act(simulator: Simulator, type: string, more: Record<string, unknown> = {}): Promise<void> {
  const { subject, simulation, setting } = simulator;
  const views = viewsOf(subject, simulation.current.step);
  const path = contextOf(views, ...(views[1]?.path ?? [])) ?? {};
  expect(possibleEvents(subject, views), `${type} in ${states(simulator)}`).toContain(type);
  await simulator.send({ ...sampleEvent(type, { ...setting, path, open: [] }), ...more });
  expect(simulation.current.refused).toBeUndefined();
}

/** What a well-behaved person does, path by path: an event, or time that passes. */
const WALKS: Record<string, { account?: Record<string, unknown>; walk: (string | number)[]; ends?: string }> = {
  bankCard: { walk: ['bankCard.submit', 'code.submit'] },
  idCard: { account: { cards: [] }, walk: ['document.submit', 'face.submit'] },
  transactionHistory: { walk: [...Array.from({ length: 7 }, () => 'quiz.answer'), 'quiz.submit'] },
  securityContacts: {
    walk: ['contacts.request', 5 * MINUTE, 'contact.confirm', 'contact.confirm', 40 * MINUTE],
  },
  appeal: { account: NOTHING_LEFT, walk: ['appeal.file', 20 * HOUR, 'callback.reached', 'review.approve'] },
  biometric: { walk: ['biometric.scan'] },
  voice: { walk: ['call.connected', 'call.key', 'voice.spoken', 'answers.submit'] },
  emergencyCode: {
    account: NOTHING_LEFT,
    walk: ['institution.scan', 'identity.present', 'code.redeem'],
    ends: 'emergencyCodeUsed',
  },
};

describe('every path is walked to its end', () => {
  for (const [path, { account, walk, ends = 'reset' }] of Object.entries(WALKS)) {
    it(`${path}, by the parent`, async () => {
      const simulator = simulatorOf('recovery', account);
      await simulator.begin();
      expect(states(simulator)).toBe('choosing.offering');
      await act(simulator, 'path.choose', { path });
      for (const each of walk) await (typeof each === 'number' ? simulator.advance(each) : act(simulator, each));
      if (ends === 'reset') await act(simulator, 'password.submit');
      else await simulator.advance(15 * 24 * HOUR);
      expect(simulator.simulation.isDone, states(simulator)).toBe(true);
      expect(simulator.simulation.current.step.output).toMatchObject({ outcome: ends, path });
    });

    it(`${path}, alone`, async () => {
      const simulator = simulatorOf(path, account);
      await simulator.begin();
      for (const each of walk) await (typeof each === 'number' ? simulator.advance(each) : act(simulator, each));
      expect(simulator.simulation.isDone, states(simulator)).toBe(true);
      const outcome = path === 'emergencyCode' ? 'codeUsed' : 'verified';
      expect(simulator.simulation.current.step.output).toMatchObject({ outcome, path });
    });
  }
});

describe('time', () => {
  it('falls due in order, each as of its own instant', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.begin();
    const begun = simulator.simulation.now;
    await act(simulator, 'path.choose', { path: 'securityContacts' });
    await act(simulator, 'contacts.request');
    await simulator.advance(72 * HOUR);
    const fired = simulator.simulation.moments.filter(({ given }) => given.type === 'timer');
    expect(fired.map(({ at }) => (at - begun) / MINUTE)).toEqual([5, 30, 60]);
    expect(simulator.simulation.now - begun).toBe(72 * HOUR);
    expect(states(simulator)).toBe('expired');
  });

  it('goes on to the next thing that is due, and no further', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.begin();
    const begun = simulator.simulation.now;
    await simulator.toNext();
    expect(simulator.simulation.now - begun).toBe(30 * MINUTE);
    expect(states(simulator)).toBe('expired');
  });
});

describe('calls', () => {
  it('are answered by hand, fail, or hang until their time is over', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.answerBy('hand');
    const [first] = simulator.simulation.current.calls;
    expect(first).toMatchObject({ port: 'loadAccount', key: '/loadAccount/1' });
    await simulator.answer('/loadAccount/1', { output: sandboxAccount() });
    await simulator.answer('/assessRisk/1', { throws: 'no network' });
    expect(states(simulator)).toBe('assessing.rating');
    expect(simulator.simulation.current.given).toMatchObject({ type: 'failure', message: 'no network' });
    await simulator.answer('/assessRisk/2', 'hangs');
    await simulator.advance(30_000);
    expect(simulator.simulation.current.calls.map(({ key }) => key)).toEqual(['/assessRisk/3']);
    await simulator.answer('/assessRisk/3', { output: { level: 'low', signals: [] } });
    expect(states(simulator)).toBe('choosing.offering');
  });

  it('come late when the world takes its time', async () => {
    const facts = sandboxAccount();
    const simulator = simulatorOf('recovery');
    simulator.world = createWorld({
      account: () => facts,
      script: { assessRisk: [{ after: 10_000, answer: { level: 'low', signals: [] } }] },
    });
    await simulator.begin();
    expect(states(simulator)).toBe('assessing.rating');
    await simulator.advance(9_999);
    expect(states(simulator)).toBe('assessing.rating');
    await simulator.advance(1);
    expect(states(simulator)).toBe('choosing.offering');
  });
});

describe('history', () => {
  it('goes back to any moment, and on from there another way', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.begin();
    const at = simulator.simulation.index;
    await act(simulator, 'path.choose', { path: 'bankCard' });
    await act(simulator, 'bankCard.submit');
    const length = simulator.simulation.moments.length;
    await simulator.goTo(at);
    expect(states(simulator)).toBe('choosing.offering');
    expect(simulator.simulation.moments).toHaveLength(length);
    await act(simulator, 'path.choose', { path: 'voice' });
    expect(states(simulator)).toBe('verifying.voice.inMenu.calling');
    expect(simulator.simulation.moments.length).toBeLessThan(length);
  });

  it('notes what was refused, with the code, and changes nothing', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.begin();
    await simulator.send({ type: 'path.choose', path: 'idCard' });
    expect(simulator.simulation.current.refused).toMatchObject({ code: 'notEligible', reason: 'cardPathAvailable' });
    await simulator.send({ type: 'code.submit', code: '123456' });
    expect(simulator.simulation.current.refused).toMatchObject({ code: 'notAccepted' });
    await simulator.send({ type: 'code.submit', code: 'abc' });
    expect(simulator.simulation.current.refused).toMatchObject({ code: 'invalidEvent', field: 'code' });
    expect(states(simulator)).toBe('choosing.offering');
  });
});

it('tells which transitions were taken, by the ids of the charts', async () => {
  const simulator = simulatorOf('recovery');
  await simulator.begin();
  await act(simulator, 'path.choose', { path: 'biometric' });
  const all = simulator.simulation.moments.flatMap(({ taken }) => [...(taken.get('') ?? [])]);
  expect(all).toContain('recovery.choosing.offering path.choose 2');
  expect(possible(simulator)).toEqual(['biometric.scan', 'path.leave', 'recovery.cancel']);
});
