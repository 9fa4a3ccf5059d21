import { describe, expect, test } from 'vitest';
import { createActor, createMachine, setup } from 'xstate';
import { type StepInput, step } from '../../src/core/index.ts';
import { CoverageRecorder, coverageOf } from '../../src/testing/index.ts';
import { keys, Walk } from './walk.ts';

describe('parallel states', () => {
  const machine = createMachine({
    id: 'both',
    initial: 'at',
    states: {
      at: {
        type: 'parallel',
        states: {
          one: { initial: 'a', states: { a: { on: { GO: 'b', OUT: '#both.gone' } }, b: {} } },
          two: { initial: 'c', states: { c: { on: { GO: 'd', OUT: 'd' } }, d: {} } },
        },
      },
      gone: {},
    },
  });

  test('have configurations of each with each', () => {
    expect(keys(machine, 'configurations')).toEqual([
      'both.at.one.a + both.at.two.c',
      'both.at.one.a + both.at.two.d',
      'both.at.one.b + both.at.two.c',
      'both.at.one.b + both.at.two.d',
      'both.gone',
    ]);
  });

  test('take one event each, unless one of them leaves the other', () => {
    const coverage = new CoverageRecorder();
    const walk = () => new Walk(machine, coverage.tracer());
    expect(walk().send('GO').states).toEqual(['at.one.b', 'at.two.d']);
    expect(walk().send('OUT').states).toEqual(['gone']);
    const { both } = coverage.data.machines;
    expect(both?.transitions).toEqual({ 'both.at.one.a GO 0': 1, 'both.at.two.c GO 0': 1, 'both.at.one.a OUT 0': 1 });
    expect(both?.configurations).toEqual({
      'both.at.one.a + both.at.two.c': 2,
      'both.at.one.b + both.at.two.d': 1,
      'both.gone': 1,
    });
  });
});

describe('machines that are invoked', () => {
  const child = createMachine({
    id: 'child',
    initial: 'first',
    states: {
      first: { on: { NEXT: 'second' } },
      second: { on: { NEXT: [{ guard: () => false }, { target: 'last' }] } },
      last: { type: 'final' },
    },
  });
  const parent = setup({ actors: { child } }).createMachine({
    id: 'parent',
    initial: 'working',
    states: {
      working: {
        on: { NEXT: { actions: ({ self }) => self.getSnapshot().children.child?.send({ type: 'NEXT' }) } },
        invoke: { src: 'child', id: 'child', onDone: 'resting', onError: 'resting' },
      },
      resting: { on: { AGAIN: 'working' } },
    },
  });

  test('are listed after their parent, each once', () => {
    expect(coverageOf(parent).map(({ machine }) => machine)).toEqual(['parent', 'child']);
    expect(keys(parent, 'transitions')).toEqual([
      'parent.working NEXT 0',
      'parent.working xstate.done.actor.child 0',
      'parent.working xstate.error.actor.child 0',
      'parent.resting AGAIN 0',
    ]);
    expect(keys(parent, 'transitions', 1)).toEqual([
      'child.first NEXT 0',
      'child.second NEXT 0',
      'child.second NEXT 1',
    ]);
  });

  test('need ids of their own', () => {
    const twin = createMachine({ id: 'parent' });
    const machine = createMachine({ id: 'parent', invoke: { src: twin } });
    expect(() => coverageOf(machine)).toThrow(expect.objectContaining({ code: 'sameId' }));
  });

  test('are counted over restores; what follows a new beginning is no pair', () => {
    const coverage = new CoverageRecorder();
    const walk = new Walk(parent, coverage.tracer());
    walk.send('NEXT').send('NEXT').send('AGAIN').send('NEXT');
    const { machines } = coverage.data;
    expect(machines.parent?.transitions).toEqual({
      'parent.working NEXT 0': 3,
      'parent.working xstate.done.actor.child 0': 1,
      'parent.resting AGAIN 0': 1,
    });
    expect(machines.child).toEqual({
      states: { child: 2, 'child.first': 2, 'child.second': 2, 'child.last': 1 },
      configurations: { 'child.first': 2, 'child.second': 2, 'child.last': 1 },
      events: { 'child.first NEXT': 2, 'child.second NEXT': 1 },
      transitions: { 'child.first NEXT 0': 2, 'child.second NEXT 1': 1 },
      guards: { 'child.second NEXT 0 false': 1 },
      delays: {},
      pairs: { 'child.first NEXT 0 > child.second NEXT 1': 1 },
    });
  });

  test('in place are counted, too', () => {
    const inner = createMachine({
      id: 'inner',
      initial: 'a',
      states: { a: { always: { guard: () => true, target: 'b' } }, b: {} },
    });
    const outer = createMachine({ id: 'outer', invoke: { src: inner, id: 'inner' } });
    const coverage = new CoverageRecorder();
    createActor(coverage.watch(outer), { inspect: coverage.inspect }).start();
    expect(coverageOf(outer).map(({ machine }) => machine)).toEqual(['outer', 'inner']);
    expect(coverage.data.machines.inner?.guards).toEqual({ 'inner.a always 0 true': 1 });
    expect(coverage.data.machines.inner?.states).toEqual({ inner: 1, 'inner.a': 1, 'inner.b': 1 });
  });
});

test('a tracer changes nothing of a step', () => {
  const machine = createMachine({
    id: 'same',
    initial: 'a',
    states: { a: { after: { 5: 'b' }, on: { GO: { guard: () => true, target: 'b' } } }, b: {} },
  });
  const coverage = new CoverageRecorder();
  const start: StepInput = { type: 'start' };
  const begun = step(machine, null, start, 1);
  expect(step(machine, null, start, 1, coverage.tracer())).toEqual(begun);
  const go: StepInput = { type: 'event', event: { type: 'GO' } };
  expect(step(machine, begun, go, 2, coverage.tracer())).toEqual(step(machine, begun, go, 2));
  expect(coverage.data.machines.same?.guards).toEqual({ 'same.a GO 0 true': 1 });
});
