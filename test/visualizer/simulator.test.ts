import { describe, expect, it } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { possibleEvents, viewsOf } from '../../visualizer/src/simulator/subject.ts';
import { createWorld } from '../../visualizer/src/simulator/world.ts';
import { act, HOUR, MINUTE, simulatorOf, statesOf as states, WALKS, walkRecovery } from './walks.ts';

describe('every path is walked to its end', () => {
  for (const [path, { account, walk, ends = 'reset' }] of Object.entries(WALKS)) {
    it(`${path}, by the parent`, async () => {
      const simulator = simulatorOf('recovery', account);
      await simulator.begin();
      expect(states(simulator)).toBe('choosing.offering');
      await walkRecovery(simulator, path);
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
  const views = viewsOf(simulator.subject, simulator.simulation.current.step);
  expect(possibleEvents(simulator.subject, views)).toEqual(['biometric.scan', 'path.leave', 'recovery.cancel']);
});
