import { getShortestPaths } from '@xstate/graph';
import { explore } from 'regain/testing';
import { assign, setup } from 'xstate';
import { goal, type Part } from './figures.ts';
import { compare, type Rounds, ratioOf, type Side } from './harness.ts';

const EVENTS = [{ type: 'left' }, { type: 'right' }, { type: 'turn' }] as const;
const COUNTERS = { quick: 12, full: 30 };
const GRAPH = '@xstate/graph, shortest paths';
const OURS = 'explore';

/** Two counters and a switch: a machine without children, which both can walk. */
function machineOf(most: number) {
  return setup({
    types: { context: {} as { left: number; right: number }, events: {} as (typeof EVENTS)[number] },
    guards: {
      leftRoom: ({ context }) => context.left < most - 1,
      rightRoom: ({ context }) => context.right < most - 1,
    },
    actions: {
      addLeft: assign({ left: ({ context }) => context.left + 1 }),
      addRight: assign({ right: ({ context }) => context.right + 1 }),
    },
  }).createMachine({
    id: 'counters',
    context: { left: 0, right: 0 },
    initial: 'on',
    on: { left: { guard: 'leftRoom', actions: 'addLeft' }, right: { guard: 'rightRoom', actions: 'addRight' } },
    states: { on: { on: { turn: 'off' } }, off: { on: { turn: 'on' } } },
  });
}

/** States a second of an exploration, against @xstate/graph. */
export async function explorerPart({ quick, ...rounds }: Rounds & { quick: boolean }): Promise<Part> {
  const most = quick ? COUNTERS.quick : COUNTERS.full;
  const machine = machineOf(most);
  const states = most * most * 2;
  const walks: Record<string, () => number> = {
    [GRAPH]: () => getShortestPaths(machine, { events: [...EVENTS], limit: Number.POSITIVE_INFINITY }).length,
    [OURS]: () => explore(machine, { events: [...EVENTS], maxStates: states + 1 }).states.length,
  };
  for (const [name, walk] of Object.entries(walks)) {
    const found = walk();
    if (found !== states) throw new Error(`${name} finds ${found} of ${states} states`);
  }
  const sides: Side[] = Object.entries(walks).map(([name, run]) => ({ name, run, times: states }));
  const figures = await compare(sides, { rounds: Math.ceil(rounds.rounds / 5), ms: rounds.ms }, '/s');
  return {
    id: 'explorer',
    title: 'Exploration',
    about:
      `States a second of a machine with ${states.toLocaleString('en')} states and ${EVENTS.length} events, which has no children, so that both ` +
      'can walk it. `explore` also restores each state from what was stored and compares, and notes every transition; the other finds a path to each state.',
    figures,
    goals: [
      goal(
        'explore against @xstate/graph',
        { figure: ratioOf(figures, OURS), limit: 1, is: 'at least' },
        'each state is restored once, to show that a restart changes nothing, and each transition is taken by a live actor and written out as a host ' +
          'would; the other calls a pure function',
      ),
    ],
  };
}
