import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { scenarioText } from '../../visualizer/src/simulator/export.ts';
import { Playback } from '../../visualizer/src/simulator/play.ts';
import { act, MINUTE, simulatorOf, statesOf, WALKS, walkRecovery } from './walks.ts';

const FOLDER = 'test/scenarios';
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name))
  .sort();

it('plays every scenario file back, and what it expects holds', { timeout: 240_000 }, async () => {
  expect(FILES.length).toBeGreaterThan(300);
  const failed: unknown[] = [];
  let judged = 0;
  for (const file of FILES) {
    const playback = new Playback(parseScenario(file, readFileSync(file, 'utf8')));
    await playback.begin();
    while (!playback.isOver) await playback.next();
    judged += playback.judgements.length;
    const wrong = playback.judgements.filter(({ ok }) => !ok);
    if (wrong.length > 0) failed.push({ file, wrong });
  }
  expect(failed).toEqual([]);
  expect(judged).toBeGreaterThan(1_000);
});

describe('a run is a scenario', () => {
  for (const [path, { account = {}, ends = 'reset' }] of Object.entries(WALKS)) {
    it(`${path}: regain run accepts it, and it ends the same`, async () => {
      const simulator = simulatorOf('recovery', account);
      await simulator.begin();
      await walkRecovery(simulator, path);
      const text = scenarioText(simulator, { title: `walked: ${path}`, account });
      const result = await runScenario(parseScenario('walked.yaml', text), { inMemory: true });
      expect(result.expectations).toMatchObject([{ ok: true, expected: { outcome: ends } }]);
    });
  }

  it('with calls that failed, hung and came late, and events that were refused', async () => {
    const simulator = simulatorOf('recovery');
    await simulator.answerBy('hand', 'verifyBankCard');
    await simulator.begin();
    await simulator.send({ type: 'path.choose', path: 'idCard' });
    await act(simulator, 'path.choose', { path: 'bankCard' });
    await act(simulator, 'bankCard.submit');
    await simulator.answer('bankCard/verifyBankCard/1', { throws: 'no line' });
    await act(simulator, 'bankCard.submit');
    await simulator.answer('bankCard/verifyBankCard/2', 'hangs');
    await simulator.advance(MINUTE);
    await act(simulator, 'bankCard.submit');
    await simulator.advance(20_000);
    await simulator.answer('bankCard/verifyBankCard/3', { output: { status: 'verified' } });
    await act(simulator, 'code.submit');
    await act(simulator, 'password.submit');
    expect(statesOf(simulator)).toBe('completed');
    const text = scenarioText(simulator, { title: 'a bad line' });
    const scenario = parseScenario('walked.yaml', text);
    expect(scenario.ports.verifyBankCard).toMatchObject([
      { throws: 'no line' },
      { hangs: true },
      { status: 'verified' },
    ]);
    expect(scenario.steps[0]).toMatchObject({ send: { path: 'idCard' }, refused: 'notEligible' });
    const { ok, expectations } = await runScenario(scenario, { inMemory: true });
    expect({ ok, expectations }).toMatchObject({ ok: true, expectations: [{ ok: true }, { ok: true }] });
    const playback = new Playback(scenario);
    await playback.begin();
    while (!playback.isOver) await playback.next();
    expect(playback.judgements.every(({ ok }) => ok)).toBe(true);
  });

  it('is not made of a path alone', () => {
    expect(() => scenarioText(simulatorOf('voice'), { title: 'a call' })).toThrow(RangeError);
  });
});
