import { describe, expect, test } from 'vitest';
import { and, assign, createActor, createMachine, not, raise, SimulatedClock, setup } from 'xstate';
import { CoverageRecorder } from '../../src/testing/index.ts';
import { keys, Walk } from './walk.ts';

describe('a chart with guards and always', () => {
  const machine = setup({
    types: { context: {} as { coins: number }, events: {} as { type: 'COIN' | 'PUSH' | 'ASK' } },
    actions: { count: assign({ coins: ({ context }) => context.coins + 1 }) },
    guards: { rich: ({ context }) => context.coins > 1, atLeast: ({ context }, than: number) => context.coins >= than },
  }).createMachine({
    id: 'gate',
    context: { coins: 0 },
    initial: 'shut',
    on: { ASK: {} },
    states: {
      shut: {
        on: {
          COIN: { actions: 'count' },
          PUSH: [
            { guard: 'rich', target: 'passing' },
            { guard: and(['rich', not('rich')]), target: 'never' },
            { guard: { type: 'atLeast', params: 1 }, target: 'open' },
          ],
        },
      },
      passing: { always: 'open' },
      open: { type: 'final' },
      never: {},
    },
  });

  test('is listed from its definition', () => {
    expect(keys(machine, 'states')).toEqual(['gate', 'gate.shut', 'gate.passing', 'gate.open', 'gate.never']);
    expect(keys(machine, 'configurations')).toEqual(['gate.shut', 'gate.passing', 'gate.open', 'gate.never']);
    expect(keys(machine, 'events')).toEqual(['gate ASK', 'gate.shut COIN', 'gate.shut PUSH']);
    expect(keys(machine, 'transitions')).toEqual([
      'gate ASK 0',
      'gate.shut COIN 0',
      'gate.shut PUSH 0',
      'gate.shut PUSH 1',
      'gate.shut PUSH 2',
      'gate.passing always 0',
    ]);
    expect(keys(machine, 'guards')).toEqual([
      'gate.shut PUSH 0 true',
      'gate.shut PUSH 0 false',
      'gate.shut PUSH 1 true',
      'gate.shut PUSH 1 false',
      'gate.shut PUSH 2 true',
      'gate.shut PUSH 2 false',
    ]);
    expect(keys(machine, 'delays')).toEqual([]);
  });

  test('permits the pairs that its structure permits', () => {
    // ASK and COIN stay, wherever they are taken; after `open` and in `never` nothing of `shut` can follow.
    const inShut = ['gate ASK 0', 'gate.shut COIN 0', 'gate.shut PUSH 0', 'gate.shut PUSH 1', 'gate.shut PUSH 2'];
    expect(keys(machine, 'pairs')?.sort()).toEqual(
      [
        ...[...inShut, 'gate.passing always 0'].map((next) => `gate ASK 0 > ${next}`),
        ...inShut.map((next) => `gate.shut COIN 0 > ${next}`),
        'gate.shut PUSH 0 > gate ASK 0',
        'gate.shut PUSH 0 > gate.passing always 0',
        'gate.shut PUSH 1 > gate ASK 0',
      ].sort(),
    );
  });

  test('is counted at a live actor, each guard by its transition', () => {
    const coverage = new CoverageRecorder();
    const actor = createActor(coverage.watch(machine), { inspect: coverage.inspect });
    actor.start();
    for (const type of ['PUSH', 'COIN', 'ASK', 'COIN', 'PUSH'] as const) actor.send({ type });
    expect(actor.getSnapshot().value).toBe('open');
    expect(coverage.data.machines).toEqual({
      gate: {
        states: { gate: 1, 'gate.shut': 1, 'gate.passing': 1, 'gate.open': 1 },
        configurations: { 'gate.shut': 1, 'gate.passing': 1, 'gate.open': 1 },
        events: { 'gate.shut PUSH': 2, 'gate.shut COIN': 2, 'gate ASK': 1 },
        transitions: { 'gate.shut COIN 0': 2, 'gate ASK 0': 1, 'gate.shut PUSH 0': 1, 'gate.passing always 0': 1 },
        guards: {
          'gate.shut PUSH 0 false': 1,
          'gate.shut PUSH 1 false': 1,
          'gate.shut PUSH 2 false': 1,
          'gate.shut PUSH 0 true': 1,
        },
        delays: {},
        pairs: {
          'gate.shut COIN 0 > gate ASK 0': 1,
          'gate ASK 0 > gate.shut COIN 0': 1,
          'gate.shut COIN 0 > gate.shut PUSH 0': 1,
          'gate.shut PUSH 0 > gate.passing always 0': 1,
        },
      },
    });
  });

  test('of a machine that is not watched everything but guards is counted', () => {
    const coverage = new CoverageRecorder();
    const actor = createActor(machine.provide({}), { inspect: coverage.inspect });
    actor.start();
    actor.send({ type: 'COIN' });
    actor.send({ type: 'PUSH' });
    const { gate } = coverage.data.machines;
    expect(gate?.guards).toEqual({});
    expect(gate?.transitions).toEqual({ 'gate.shut COIN 0': 1, 'gate.shut PUSH 2': 1 });
    expect(gate?.events).toEqual({ 'gate.shut COIN': 1, 'gate.shut PUSH': 1 });
  });
});

describe('delays', () => {
  const machine = createMachine({
    id: 'lamp',
    entry: raise({ type: 'late' }, { id: 'deadline', delay: 50 }),
    on: { late: '.off' },
    initial: 'on',
    states: {
      on: { after: { 20: { guard: () => false, target: 'off' }, 30: 'dim' }, on: { TAP: 'dim' } },
      dim: { after: { 10: 'on' }, on: { OFF: 'off' } },
      off: { type: 'final' },
    },
  });
  /** In `on` for 30 ms, in `dim` for 10, in `on` for 5 until the tap, in `dim` until it is late. */
  const expected = {
    'xstate.after.20.lamp.on fired': 1,
    'xstate.after.30.lamp.on fired': 1,
    'xstate.after.10.lamp.dim fired': 1,
    'xstate.after.20.lamp.on cancelled': 1,
    'xstate.after.30.lamp.on cancelled': 1,
    'xstate.after.10.lamp.dim cancelled': 1,
    'late fired': 1,
  };

  test('are listed, also those of raised events', () => {
    expect(keys(machine, 'delays')?.filter((key) => key.endsWith('fired'))).toEqual([
      'late fired',
      'xstate.after.20.lamp.on fired',
      'xstate.after.30.lamp.on fired',
      'xstate.after.10.lamp.dim fired',
    ]);
  });

  test('are counted at a live actor', () => {
    const coverage = new CoverageRecorder();
    const clock = new SimulatedClock();
    const actor = createActor(coverage.watch(machine), { inspect: coverage.inspect, clock });
    actor.start();
    for (const ms of [20, 10, 10, 5]) clock.increment(ms);
    actor.send({ type: 'TAP' });
    clock.increment(5);
    expect(actor.getSnapshot().value).toBe('off');
    expect(coverage.data.machines.lamp?.delays).toEqual(expected);
  });

  test('are counted in steps, with a restore between every two', () => {
    const coverage = new CoverageRecorder();
    const walk = new Walk(machine, coverage.tracer());
    const fireNext = (due: number, id: string) => walk.take({ type: 'timer', id: `#${id}` }, due);
    fireNext(20, 'xstate.after.20.lamp.on');
    fireNext(30, 'xstate.after.30.lamp.on');
    fireNext(40, 'xstate.after.10.lamp.dim');
    walk.send('TAP', 45);
    fireNext(50, 'deadline');
    expect(walk.states).toEqual(['off']);
    expect(coverage.data.machines.lamp?.delays).toEqual(expected);
  });

  test('that a machine leaves behind when it ends are cancelled', () => {
    const coverage = new CoverageRecorder();
    new Walk(machine, coverage.tracer()).send('TAP').send('OFF');
    expect(coverage.data.machines.lamp?.delays).toEqual({
      'xstate.after.20.lamp.on cancelled': 1,
      'xstate.after.30.lamp.on cancelled': 1,
      'xstate.after.10.lamp.dim cancelled': 1,
      'late cancelled': 1,
    });
  });
});
