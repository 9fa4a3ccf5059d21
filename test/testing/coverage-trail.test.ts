import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachine, fromPromise, raise, setup } from 'xstate';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { Tracer } from '../../src/core/index.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { openSqliteReadOnly } from '../../src/store/sqlite.ts';
import { CoverageRecorder, TrailCoverage } from '../../src/testing/index.ts';

const child = createMachine({
  id: 'child',
  initial: 'asking',
  states: {
    asking: { on: { ANSWER: [{ guard: () => true, target: 'right' }, { target: 'wrong' }], LOOK: {} } },
    wrong: { after: { pause: 'asking' } },
    right: { type: 'final' },
  },
});
const machine = setup({ actors: { child, load: fromPromise(async () => 1) } }).createMachine({
  id: 'whole',
  entry: raise({ type: 'late' }, { id: 'deadline', delay: 1_000 }),
  on: { late: '.over' },
  initial: 'loading',
  states: {
    loading: {
      invoke: { id: 'load', src: 'load', onDone: 'quiz', onError: [{ guard: () => true, target: 'over' }, 'loading'] },
    },
    quiz: { invoke: { id: 'quiz', src: 'child', onDone: 'sorting' }, on: { ANSWER: {}, LEAVE: 'over' } },
    sorting: { always: [{ guard: () => true, target: 'good' }, 'over'] },
    good: { on: { PING: [{ guard: () => true }, { guard: () => false }] } },
    over: { type: 'final' },
  },
});

const started = { kind: 'start', data: { from: '', to: 'loading' } };
const loaded = { kind: 'answer', data: { key: '/load/1', port: 'load', from: 'loading', to: 'quiz.asking' } };
const answered = (to: string) => ({ kind: 'event', data: { event: { type: 'ANSWER' }, from: 'quiz.asking', to } });

function told(...trail: { kind: string; data: Record<string, unknown> }[]) {
  const coverage = new TrailCoverage(machine);
  coverage.add(trail);
  const taken = ({ machines }: TrailCoverage['certain']) =>
    Object.values(machines).flatMap(({ transitions }) => Object.keys(transitions));
  const certain = taken(coverage.certain);
  return { coverage, certain, perhaps: taken(coverage.possible).filter((key) => !certain.includes(key)) };
}

describe('an audit trail', () => {
  test('tells which answer was taken, where children begin, and what was never done', () => {
    const { coverage, certain, perhaps } = told(started, loaded);
    expect(certain).toEqual(['whole.loading xstate.done.actor.load 0']);
    expect(perhaps).toEqual([]);
    expect(coverage.certain.machines.child?.states).toEqual({ child: 1, 'child.asking': 1 });
    expect(coverage.unexplained).toBe(0);
  });

  test('tells of two candidates by their targets, and so what their guards said', () => {
    const { coverage, certain } = told(answered('quiz.wrong'));
    expect(certain).toEqual(['whole.quiz ANSWER 0', 'child.asking ANSWER 1']);
    expect(coverage.certain.machines.child?.guards).toEqual({ 'child.asking ANSWER 0 false': 1 });
    expect(coverage.certain.machines.child?.events).toEqual({ 'child.asking ANSWER': 1 });
  });

  test('tells of a timer, by its state and by its id', () => {
    const pause = {
      kind: 'timer',
      data: { timer: 'quiz#xstate.after.pause.child.wrong', from: 'quiz.wrong', to: 'quiz.asking' },
    };
    const { coverage, certain } = told(pause);
    expect(certain).toEqual(['child.wrong xstate.after.pause.child.wrong 0']);
    expect(coverage.certain.machines.child?.delays).toEqual({ 'xstate.after.pause.child.wrong fired': 1 });
    const deadline = { kind: 'timer', data: { timer: '#deadline', from: 'loading', to: 'over' } };
    expect(told(deadline).certain).toEqual(['whole late 0']);
  });

  test('tells what followed in the same step: the end of a child and the transition without an event', () => {
    const { certain, perhaps } = told(answered('good'));
    expect(certain).toEqual(['whole.quiz ANSWER 0', 'whole.quiz xstate.done.actor.quiz 0', 'whole.sorting always 0']);
    expect(perhaps).toEqual(['child.asking ANSWER 0']); // its parent is free to stop it
  });

  test('does not tell of two candidates that lead to the same states', () => {
    const { certain, perhaps } = told({ kind: 'event', data: { event: { type: 'PING' }, from: 'good', to: 'good' } });
    expect(certain).toEqual([]);
    expect(perhaps).toEqual(['whole.good PING 0', 'whole.good PING 1']);
  });

  test('does not tell what a refused event met', () => {
    const { certain, perhaps } = told(loaded, {
      kind: 'refused',
      data: { event: { type: 'LOOK' }, code: 'limitReached' },
    });
    expect(certain).toEqual(['whole.loading xstate.done.actor.load 0']);
    expect(perhaps).toEqual(['child.asking LOOK 0']);
  });

  test('of another chart is unexplained', () => {
    expect(
      told({ kind: 'event', data: { event: { type: 'X' }, from: 'elsewhere', to: 'good' } }).coverage.unexplained,
    ).toBe(1);
    expect(
      told({ kind: 'event', data: { event: { type: 'PING' }, from: 'good', to: 'loading' } }).coverage.unexplained,
    ).toBe(1);
  });
});

describe('the trails of real recoveries', () => {
  const scenarios = ['1-bank-card', '4-security-contacts', '7-voice', '8-emergency-code'];
  const exact = new CoverageRecorder();
  const trail = new TrailCoverage(recoveryMachine);
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'regain-trail-'));
    for (const name of scenarios) {
      const file = join(folder, `${name}.sqlite`);
      const tracers = new Map<string, Tracer>();
      const trace = (id: string) => tracers.set(id, tracers.get(id) ?? exact.tracer()).get(id) as Tracer;
      await runScenario(await loadScenario(join(import.meta.dirname, `../scenarios/demo/${name}.yaml`)), {
        file,
        trace,
      });
      const store = await openSqliteReadOnly(file);
      for (const { recoveryId } of await store.trailHeads()) trail.add(await store.audit(recoveryId));
      await store.close();
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('are explained without a rest', () => {
    expect(trail.unexplained).toBe(0);
  });

  test.each(['recovery', 'bankCard', 'securityContacts', 'voice', 'emergencyCode'])(
    'say nothing of %s that is not so, and leave nothing out',
    (id) => {
      const really = exact.data.machines[id];
      const certain = trail.certain.machines[id];
      const possible = trail.possible.machines[id];
      for (const kind of ['states', 'transitions', 'guards', 'events'] as const) {
        expect(Object.keys(really?.[kind] ?? {})).toEqual(expect.arrayContaining(Object.keys(certain?.[kind] ?? {})));
      }
      expect(Object.keys(possible?.transitions ?? {})).toEqual(
        expect.arrayContaining(Object.keys(really?.transitions ?? {})),
      );
      expect(Object.keys(certain?.transitions ?? {}).length).toBeGreaterThan(0);
    },
  );
});
