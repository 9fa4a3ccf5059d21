import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { structureOf } from '../../src/core/index.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { type Check, judge, type Mutant, mutantsOf, mutate } from '../../src/testing/index.ts';
import { reportOf } from '../../src/testing/mutate-judge.ts';
import { killersOf, sampled } from '../../src/testing/mutate-plan.ts';
import { machinesOf, reachOf, scenarioCheck } from '../../src/testing/mutate-recovery.ts';
import { lamp, used } from './light.ts';

/** Every mutant of the lamp, found by hand. */
const BY_HAND = [
  'lamp/off#press[0]:drop',
  'lamp/off#press[0]:retarget',
  'lamp/off#press[0]:negateGuard',
  'lamp/off#press[0]:removeGuard',
  'lamp/off#press[1]:drop',
  'lamp/off#press[1]:retarget',
  'lamp/off#press[1].actions[0]:dropAction',
  'lamp/lit#break[0]:drop',
  'lamp/lit#break[0]:retarget',
  'lamp/lit#after.rest[0]:drop',
  'lamp/lit#after.rest[0]:retarget',
  'lamp/lit#entry[0]:dropAction',
  'lamp/lit#entry[1]:dropAction',
  'lamp/lit#entry:dropAll',
  'lamp/lit#exit[0]:dropAction',
  'lamp/broken:swapFinal',
  'lamp/thrown:swapFinal',
  'lamp#delays.rest:longer',
  'lamp#delays.rest:shorter',
];

const check = (name: string, run: Check['run']): Check => ({ name, run });
const said = (...acts: Parameters<typeof used> extends [unknown, ...infer A] ? A : never) => {
  const expected = JSON.stringify(used(lamp, ...acts));
  return check(acts.join(' '), (machine) => JSON.stringify(used(machine, ...acts)) === expected);
};

const mutantOf = (id: string): Mutant => {
  const mutant = mutantsOf(lamp).find((each) => each.id === id);
  if (!mutant) throw new Error(`no mutant ${id}`);
  return mutant;
};

describe('mutants', () => {
  test('are those found by hand, each with an id of its own', () => {
    expect(
      mutantsOf(lamp)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...BY_HAND].sort());
  });

  test('each has another chart than its machine, which stays as it is', () => {
    const before = structureOf(lamp);
    // What a final state gives and what a named delay does are no part of the structure.
    const seen = mutantsOf(lamp).filter(({ operator }) => !['swapFinal', 'longer', 'shorter'].includes(operator));
    for (const { id, make } of seen) expect(structureOf(make()), id).not.toEqual(before);
    expect(structureOf(lamp)).toEqual(before);
  });

  test('a delay written as a figure is changed, and a sole final state loses its output', () => {
    const machine = createMachine({
      id: 'kettle',
      initial: 'cold',
      states: { cold: { after: { 10: 'hot' } }, hot: { type: 'final', output: 'tea' } },
    });
    const made = new Map(mutantsOf(machine).map((each) => [each.id, each.make()]));
    expect([...made.keys()].sort()).toEqual([
      'kettle/cold#after.10:longer',
      'kettle/cold#after.10:shorter',
      'kettle/cold#after.10[0]:drop',
      'kettle/hot:dropOutput',
    ]);
    expect(Object.keys(made.get('kettle/cold#after.10:longer')?.config.states?.cold?.after ?? {})).toEqual(['11']);
  });

  test('are not run when they are made', () => {
    let ran = 0;
    const machine = createMachine({
      id: 'loud',
      initial: 'a',
      entry: () => void ran++,
      states: { a: { entry: () => void ran++, on: { x: { actions: () => void ran++ } } } },
    });
    for (const { make } of mutantsOf(machine)) make();
    expect(ran).toBe(0);
  });
});

describe('the judge', () => {
  const wear = ['press', 51, 'press', 51, 'press'] as const;
  /** One check that kills a mutant of each kind, and one that lets it live. */
  const kinds: [id: string, killer: Check, blind: Check][] = [
    ['lamp/off#press[0]:drop', said(...wear), said('press')],
    ['lamp/off#press[0]:retarget', said(...wear), said('press')],
    ['lamp/off#press[0]:negateGuard', said('press'), said(50)],
    ['lamp/off#press[0]:removeGuard', said('press'), said(50)],
    ['lamp/off#press[1].actions[0]:dropAction', said(...wear), said('press', 50)],
    ['lamp/lit#entry[1]:dropAction', said('press'), said(50)],
    ['lamp/lit#entry:dropAll', said('press'), said(50)],
    ['lamp/lit#exit[0]:dropAction', said('press', 50), said('press')],
    ['lamp/thrown:swapFinal', said('press', 'break'), said('press')],
    ['lamp#delays.rest:longer', said('press', 50), said('press', 49)],
    ['lamp#delays.rest:shorter', said('press', 49), said('press', 50)],
  ];

  test.each(kinds)(
    '%s is killed by a check that sees it, and survives one that does not',
    async (id, killer, blind) => {
      const mutant = mutantOf(id);
      expect(await judge(mutant, [blind, killer])).toMatchObject({ id, killed: true, by: killer.name, how: 'check' });
      expect(await judge(mutant, [blind])).toMatchObject({ id, killed: false });
    },
  );

  test('takes an error for a kill, and what never ends', async () => {
    const mutant = mutantOf('lamp/off#press[0]:drop');
    const thrower = check('throws', () => {
      throw new Error('no');
    });
    expect(await judge(mutant, [thrower])).toMatchObject({ killed: true, how: 'error' });
    const sleeper = check('sleeps', () => new Promise(() => {}));
    expect(await judge(mutant, [sleeper], { checkTimeout: 20 })).toMatchObject({ killed: true, how: 'timeout' });
  });

  test('a chart that goes round for ever is found out', async () => {
    const machine = createMachine({
      id: 'ring',
      initial: 'a',
      states: { a: { always: { target: 'b', guard: () => false } }, b: { always: 'a' } },
    });
    const mutant = mutantsOf(machine).find(({ id }) => id === 'ring/a#always[0]:removeGuard');
    const rests = check('rests', (each) => used(each).value === 'a');
    expect(mutant && (await judge(mutant, [rests]))).toMatchObject({ killed: true });
  });

  test('the report counts, names equivalents and finds excuses that are wrong', async () => {
    const checks = [said(...wear), said('press', 'break'), said('press', 50)];
    const whole = await mutate(lamp, checks);
    expect(whole).toMatchObject({ machine: 'lamp', mutants: 19, judged: 19, killed: 18 });
    expect(whole.survivors.map(({ id }) => id)).toEqual(['lamp#delays.rest:shorter']);
    expect(whole.score).toBeCloseTo(94.7, 1);
    const equivalents = {
      'lamp#delays.rest:shorter': 'nobody is that quick',
      'lamp#delays.rest:longer': 'it is killed, though',
      'lamp/gone:drop': 'there is none',
    };
    expect(await mutate(lamp, checks, { equivalents })).toMatchObject({
      score: 100,
      survivors: [],
      equivalents: [{ id: 'lamp#delays.rest:shorter', reason: 'nobody is that quick' }],
      wrongEquivalents: [
        { id: 'lamp#delays.rest:longer', why: 'killed' },
        { id: 'lamp/gone:drop', why: 'unknown' },
      ],
    });
  });

  test('a check that does not hold of the machine itself is an error', async () => {
    await expect(mutate(lamp, [check('wrong', () => false)])).rejects.toThrow("check 'wrong' does not hold");
  });
});

describe('which checks are asked, and in which order', () => {
  const mutant = { places: ['m/a#x[0]', 'm/a'] } as unknown as Mutant;
  test('those that reach the change, and those that reach little else first', () => {
    const reach = new Map([
      ['elsewhere', new Set(['m/b'])],
      ['state', new Set(['m/a'])],
      ['much', new Set(['m/a', 'm/a#x[0]', 'm/b'])],
      ['little', new Set(['m/a#x[0]'])],
    ]);
    expect(killersOf(mutant, reach)).toEqual(['little', 'much', 'state']);
  });

  test('a sample is the same each time, whatever the order that they come in', () => {
    const ids = mutantsOf(lamp).map(({ id }) => id);
    const order = sampled(ids, (id) => id);
    expect(order).not.toEqual(ids);
    expect(sampled([...ids].reverse(), (id) => id)).toEqual(order);
  });
});

describe('our machines', () => {
  test('scenarios of biometrics reach what they judge, and kill a mutant of the path and of the parent', async () => {
    const folder = join(import.meta.dirname, '../scenarios/biometric');
    const names = readdirSync(folder).filter((name) =>
      /^(success|five-scans-miss|cross-check-fails)\.yaml$/.test(name),
    );
    expect(names).toHaveLength(3);
    const scenarios = await Promise.all(
      names.map(async (name) => ({ name, scenario: await loadScenario(join(folder, name)) })),
    );
    const reach = new Map<string, ReadonlySet<string>>();
    for (const { name, scenario } of scenarios) reach.set(name, new Set(await reachOf(name, scenario)));
    expect(reach.get('success.yaml')).toContain('biometric/crossChecking#crossCheckDevice.onDone[0]');
    expect(reach.get('success.yaml')).toContain('recovery/settingPassword.setting');
    expect(reach.get('success.yaml')).not.toContain('biometric/rejected');

    const verdictOn = (machine: string, id: string) => {
      const found = machinesOf().get(machine);
      const mutant = found && mutantsOf(found).find((each) => each.id === id);
      if (!mutant) throw new Error(`no mutant ${id}`);
      const checks = killersOf(mutant, reach).flatMap((name) =>
        scenarios.filter((each) => each.name === name).map(({ scenario }) => scenarioCheck(machine, name, scenario)),
      );
      return judge(mutant, checks);
    };
    expect(
      await verdictOn('biometric', 'biometric/crossChecking#crossCheckDevice.onDone[0]:negateGuard'),
    ).toMatchObject({
      killed: true,
    });
    expect(
      await verdictOn('recovery', 'recovery/settingPassword.setting#setPassword.onDone[0]:retarget'),
    ).toMatchObject({
      killed: true,
    });
    // None of the three waits for a port in vain.
    expect(await verdictOn('biometric', 'biometric#delays.portTimeout:shorter')).toMatchObject({ killed: false });
  });
});

test('what takes too long kills a mutant, but not one that is excused', async () => {
  const id = 'lamp/off#press[0]:drop';
  const slow = [check('sleeps', () => new Promise(() => {}))];
  const verdicts = [await judge(mutantOf(id), slow, { checkTimeout: 20 })];
  expect(reportOf('lamp', [mutantOf(id)], verdicts)).toMatchObject({ killed: 1, timedOut: [id] });
  const excused = reportOf('lamp', [mutantOf(id)], verdicts, { [id]: 'it does the same' });
  expect(excused).toMatchObject({ killed: 0, wrongEquivalents: [], equivalents: [{ id }] });
});
