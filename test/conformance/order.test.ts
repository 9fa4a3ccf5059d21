import { expect, test } from 'vitest';
import { type Entry, inOrder } from './run.ts';

/** What the comparison of hosts takes for the same, and what not. */

const answer = (key: string, from: string, to: string, at = 1): Entry => ({
  at,
  kind: 'answer',
  data: { key, port: 'escalateTicket', from, to },
});
const trail = [answer('appeal/escalateTicket/1', 'waiting', 'one'), answer('appeal/escalateTicket/2', 'one', 'both')];

test('two answers of one instant are the same in either order', () => {
  const swapped = [
    answer('appeal/escalateTicket/2', 'waiting', 'one'),
    answer('appeal/escalateTicket/1', 'one', 'both'),
  ];
  expect(inOrder(swapped)).toEqual(inOrder(trail));
});

test.each([
  ['one is missing', trail.slice(0, 1)],
  ['one comes twice', [...trail, ...trail.slice(1)]],
  ['one led elsewhere', [trail[0] as Entry, answer('appeal/escalateTicket/2', 'one', 'elsewhere')]],
  ['one came later', [trail[0] as Entry, answer('appeal/escalateTicket/2', 'one', 'both', 2)]],
  ['one was dropped', [trail[0] as Entry, { ...(trail[1] as Entry), kind: 'dropped' }]],
  ['something else came between', [trail[0] as Entry, { at: 1, kind: 'event', data: {} }, trail[1] as Entry].reverse()],
])('but not where %s', (_, other) => {
  expect(inOrder(other)).not.toEqual(inOrder(trail));
});
