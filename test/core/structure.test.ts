import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, and, createMachine, fromPromise, not, or, StateMachine, stateIn } from 'xstate';
import { structureOf } from '../../src/core/index.ts';

type Config = Record<string, unknown>;

const ask = fromPromise(async () => 'ran');
const inner = (wait: number) =>
  createMachine({ id: 'inner', initial: 'on', states: { on: { after: { [wait]: 'off' } }, off: {} } });
const machineOf = (config: Config, actors: Config = {}, delays: Config = {}): AnyStateMachine =>
  new StateMachine(
    config as AnyStateMachine['config'],
    { actors, delays } as unknown as AnyStateMachine['implementations'],
  );

const toSecond = { guard: 'may', target: 'second', actions: 'note' };
const call = { src: 'ask', id: 'call', onDone: 'third' };
const states: Record<string, Config> = {
  first: { on: { GO: [toSecond, { target: 'third' }] } },
  second: { entry: 'note', invoke: call, after: { pause: 'first' } },
  third: { invoke: { src: 'inner', id: 'child' }, always: { guard: 'must', target: 'last' } },
  last: { type: 'final' },
};

/** A chart with a part of everything, changed in one place. */
const chart = (changed: Record<string, Config> = {}, whole: Config = {}, wait = 100, pause = 1_000) =>
  machineOf(
    { id: 'outer', initial: 'first', ...whole, states: { ...states, ...changed } },
    { ask, inner: inner(wait), other: ask },
    { pause },
  );
const going = (...candidates: unknown[]) => chart({ first: { on: { GO: candidates } } });
const guarded = (guard: unknown) => going({ ...toSecond, guard }, { target: 'third' });
const telling = (params: unknown) => chart({ last: { type: 'final', entry: { type: 'tell', params } } });
const invoking = (wait: number) => chart({ third: { invoke: { src: inner(wait) } } });

describe('the structure of a chart', () => {
  test.each([
    ['another beginning', chart({}, { initial: 'second' })],
    ['a state more', chart({ fourth: {} })],
    ['another kind of state', chart({ last: {} })],
    ['another id', chart({ last: { type: 'final', id: 'end' } })],
    ['another target', going({ ...toSecond, target: 'last' }, { target: 'third' })],
    ['another guard', guarded('must')],
    ['another action', going({ ...toSecond, actions: ['note', 'tell'] }, { target: 'third' })],
    ['another order of candidates', going({ target: 'third' }, toSecond)],
    ['another event', chart({ first: { on: { WALK: [toSecond, { target: 'third' }] } } })],
    ['another way on by itself', chart({ third: { ...states.third, always: { target: 'last' } } })],
    ['an exit', chart({ last: { type: 'final', exit: 'note' } })],
    ['another call', chart({ second: { ...states.second, invoke: { ...call, src: 'other' } } })],
    ['another delay', chart({ second: { ...states.second, after: { 5: 'first' } } })],
    ['another figure of a delay', chart({}, {}, 100, 2_000)],
    ['a child that waits longer', chart({}, {}, 200)],
  ])('shows %s', (_, changed) => {
    expect(structureOf(changed)).not.toEqual(structureOf(chart()));
  });

  test.each([
    ['a machine in place', invoking(100), invoking(200)],
    ['how guards are joined', guarded(and(['may', 'must'])), guarded(or(['may', 'must']))],
    ['which guards are joined', guarded(not('may')), guarded(not('must'))],
    ['the state that is asked for', guarded(stateIn('first')), guarded(stateIn('last'))],
    ['what an action is given', telling({ told: 'yes' }), telling({ told: 'no' })],
    ['a transition that begins anew', going({ ...toSecond }), going({ ...toSecond, reenter: true })],
  ])('shows %s', (_, one, other) => {
    expect(structureOf(one)).not.toEqual(structureOf(other));
  });

  test('does not show what changes nothing: descriptions, meta, tags, the order of states', () => {
    const { first, ...others } = states;
    const told = Object.fromEntries(
      Object.entries({ ...others, first }).map(([key, state]) => [
        key,
        { ...state, description: key, meta: { section: '1' }, tags: 'busy' },
      ]),
    );
    expect(structureOf(chart({}, { description: 'all of it' }))).toEqual(structureOf(chart()));
    const described = machineOf(
      { id: 'outer', initial: 'first', states: told },
      { inner: inner(100), ask },
      { pause: 1_000 },
    );
    expect(structureOf(described)).toEqual(structureOf(chart()));
  });

  test('is found for a machine that invokes itself', () => {
    const actors: Config = {};
    const machine = machineOf({ id: 'again', invoke: { src: 'self' } }, actors);
    machine.implementations.actors.self = machine;
    expect(structureOf(machine)).toEqual([
      'again: the whole invokes self as 0.again',
      'again: the whole is atomic, #again',
    ]);
  });
});
