import { expect, test } from 'vitest';
import { assign, emit, setup } from 'xstate';
import {
  always,
  check,
  type ExploreOptions,
  endsReachable,
  eventually,
  explore,
  leadsTo,
  never,
  neverAfter,
  neverFails,
  type Persisted,
  type Progress,
  type Property,
  printBreach,
  refusedChangesNothing,
  restartChangesNothing,
  type State,
  until,
  waitsHaveTimeouts,
} from '../../src/testing/index.ts';
import { parcelMachine } from './machine.ts';

/** The explorer over a machine that is not ours: a child, a timer in each, a call that may fail. */

const AT = Date.parse('2026-03-02T10:00:00Z');
const options = (at = AT): ExploreOptions => ({
  at,
  input: { at },
  events: [{ type: 'send' }, { type: 'ring' }, { type: 'cancel' }],
  ports: { label: [{ answer: { ok: true } }, { throws: 'out of paper' }] },
  clocks: 'ordered',
});
const parcel = explore(parcelMachine, options());
const isIn = (name: string) => (state: State) => state.step.states.includes(name);
const ask = (...properties: Property[]) => check(parcel, properties).map(({ ok }) => ok);

test('parent and child are walked through together until nothing new comes', () => {
  expect(parcel.closed).toBe(true);
  expect([...new Set(parcel.states.flatMap(({ step }) => step.states))].sort()).toEqual([
    'cancelled',
    'courier.atDoor',
    'courier.driving',
    'delivered',
    'labelling',
    'packed',
    'returned',
    'underWay',
  ]);
  expect(parcel.states.filter(isIn('returned')).length).toBe(1);
  for (const { to, from } of parcel.transitions) expect(to.depth).toBeLessThanOrEqual(from.depth + 1);
});

test('the way to a state is the shortest, and can be gone again', () => {
  const [delivered] = parcel.states.filter(isIn('delivered'));
  const way = parcel.pathTo(delivered as State);
  expect(way.map(({ input }) => (input.type === 'event' ? input.event.type : input.type))).toEqual([
    'send',
    'answer',
    'timer',
    'ring',
  ]);
  const again = parcel.replay(way.map(({ input }) => input));
  expect(again.at(-1)?.step.states).toEqual(['delivered']);
  expect(again.at(-1)?.step.at).toBe(AT + 600_000);
});

test('the instant at which it begins makes no difference', () => {
  const later = explore(parcelMachine, options(AT + 987_654_321));
  expect([later.states.length, later.transitions.length]).toEqual([parcel.states.length, parcel.transitions.length]);
});

test('exact clocks tell more states apart: here time goes on in a circle, and it does not close', () => {
  const exact = explore(parcelMachine, { ...options(), clocks: 'exact', maxStates: 200 });
  expect([exact.closed, exact.stoppedBy]).toEqual([false, 'maxStates']);
});

test('a bound is told', () => {
  const seen: Progress[] = [];
  const nearest = explore(parcelMachine, { ...options(), maxDepth: 2, onProgress: (each) => seen.push(each) });
  expect([nearest.closed, nearest.stoppedBy, nearest.depth]).toEqual([false, 'maxDepth', 2]);
  expect(seen.at(-1)).toMatchObject({ states: nearest.states.length, waiting: 0 });
  const noTime = explore(parcelMachine, { ...options(), maxMs: -1 });
  expect([noTime.stoppedBy, noTime.states.length]).toEqual(['maxMs', 1]);
});

test('a port without outcomes is an error: what is not tried would be taken for shown', () => {
  expect(() => explore(parcelMachine, { ...options(), ports: {} })).toThrow("no outcome is given for port 'label'");
});

test('an event just before a timer, and a timer at any moment', () => {
  const before = explore(parcelMachine, { ...options(), waits: 'justBefore' });
  expect(before.transitions.some(({ input, at }) => input.type === 'event' && at === AT + 3_600_000 - 1)).toBe(true);
  const anytime = explore(parcelMachine, { ...options(), anytime: ['.3600000.parcel.packed'] });
  const [late] = anytime.transitions.filter(({ input }) => input.type === 'timer' && input.anytime);
  expect([late?.at, late?.to.step.states]).toEqual([AT, ['cancelled']]);
});

const isDone = ({ step }: State) => step.status === 'done';
const isSent = ({ input }: { input: { type: string } }) => input.type === 'answer';

test('what holds is found to hold', () => {
  const verdicts = check(parcel, [
    always('at most 2 tries', ({ step }) => (step.snapshot as { context: { tries: number } }).context.tries <= 2),
    never('no delivery after a cancel', { state: isIn('nowhere') }),
    neverAfter('never sent after its end', ({ to }) => isDone(to), isSent),
    leadsTo('what is under way can arrive', isIn('courier.driving'), isIn('delivered')),
    leadsTo(
      'what is under way ends or is packed again',
      isIn('courier.driving'),
      (state) => isDone(state) || isIn('packed')(state),
      { ways: 'all' },
    ),
    eventually('it can come to an end', isDone),
    until('it is packed until it is sent', isIn('packed'), (state) => !isIn('packed')(state) || isDone(state)),
    waitsHaveTimeouts('a packed parcel does not wait for ever', ({ step }) => step.tags.includes('waiting')),
    endsReachable(),
    refusedChangesNothing(),
    restartChangesNothing(),
    neverFails(),
  ]);
  expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
});

test('what does not hold is found, each with a short way to it', () => {
  const wrong: [Property, string[]][] = [
    [
      always('never a second try', ({ step }) => (step.snapshot as { context: { tries: number } }).context.tries < 2),
      ['send', 'answer', 'timer', 'timer', 'send', 'answer'],
    ],
    [never('never labelled', { transition: isSent }), ['send', 'answer']],
    [neverAfter('sent at most once', isSent, isSent), ['send', 'answer', 'timer', 'timer', 'send', 'answer']],
    [leadsTo('what is cancelled can arrive', isIn('cancelled'), isIn('delivered')), ['cancel']],
    [
      leadsTo('all that is sent arrives', isIn('labelling'), isIn('delivered'), { ways: 'all' }),
      ['send', 'failure', 'send'],
    ],
    [eventually('it always ends', isDone, { ways: 'all' }), ['send', 'failure']],
    [until('it is packed until it arrives', isIn('packed'), isIn('delivered')), ['send']],
    [waitsHaveTimeouts('but for its own', ({ step }) => step.tags.includes('waiting'), { except: ['.packed'] }), []],
  ];
  const verdicts = check(
    parcel,
    wrong.map(([property]) => property),
  );
  expect(
    verdicts.map(({ breach }) =>
      breach?.transitions.map(({ input }) => (input.type === 'event' ? input.event.type : input.type)),
    ),
  ).toEqual(wrong.map(([, way]) => way));
  expect(ask(never('x', { state: isDone }))).toEqual([false]);
  expect(printBreach(parcel, verdicts[1] as (typeof verdicts)[number])).toBe(
    [
      'never labelled: breached after 2 inputs',
      '  00:00:00  start  →  packed',
      '  00:00:00  {"type":"send"}  →  labelling',
      '  00:00:00  label answers {"ok":true}  →  underWay, courier.driving',
      '  this must never happen',
    ].join('\n'),
  );
});

test('a machine that throws, one that a restart changes and one that notes what it refuses are found out', () => {
  const throws = setup({
    actions: {
      explode: () => {
        throw new Error('boom');
      },
    },
  }).createMachine({ on: { go: { actions: 'explode' } } });
  const thrown = explore(throws, { events: [{ type: 'go' }] });
  const [failure] = check(thrown, [neverFails()]);
  expect(printBreach(thrown, failure as NonNullable<typeof failure>)).toContain('{"type":"go"}: the machine failed');
  expect(failure?.breach?.transitions[0]?.error).toContain('boom');

  const forgets = setup({ actions: { note: assign({ seen: () => new Set(['a']) }) } }).createMachine({
    context: { seen: new Set<string>() },
    on: { go: { actions: 'note' } },
  });
  const seen = ({ context }: Persisted) => (context as { seen: unknown }).seen instanceof Set;
  const forgot = explore(forgets, { events: [{ type: 'go' }], project: seen });
  expect(check(forgot, [restartChangesNothing()])[0]?.ok).toBe(false);

  const notes = setup({
    types: { context: {} as { asked: number }, emitted: {} as { type: 'refused' } },
    actions: { count: assign({ asked: ({ context }) => context.asked + 1 }), refuse: emit({ type: 'refused' }) },
  });
  const refusal = {
    isRefusal: ({ type }: { type: string }) => type === 'refused',
    events: [{ type: 'go' }],
    maxStates: 3,
  };
  const quiet = notes.createMachine({ context: { asked: 0 }, on: { go: { actions: 'refuse' } } });
  const noted = notes.createMachine({ context: { asked: 0 }, on: { go: { actions: ['count', 'refuse'] } } });
  const verdicts = [quiet, noted].map((machine) => check(explore(machine, refusal), [refusedChangesNothing()])[0]?.ok);
  expect(verdicts).toEqual([true, false]);
});
