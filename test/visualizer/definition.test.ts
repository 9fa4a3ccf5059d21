import { describe, expect, it } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { paths, recoveryMachine } from '../../machines/index.ts';
import { nameOf } from '../../src/core/structure.ts';
import { candidatesOf, nodesOf as liveNodesOf } from '../../src/testing/coverage/keys.ts';
import { targetsOf } from '../../src/testing/coverage/nodes.ts';
import { type ChartDefinition, type ChartNode, nodesOf } from '../../visualizer/src/chart/definition.ts';
import { chartOf, chartOfConfig, NoChart } from '../../visualizer/src/chart/read-config.ts';
import { foreign } from './foreign.ts';

const machines: AnyStateMachine[] = [recoveryMachine, ...paths.map(({ machine }) => machine), foreign];

/** What XState itself makes of a machine. */
function ofXState(node: AnyStateNode) {
  const first = targetsOf(node.initial)[0];
  return {
    id: node.id,
    type: node.type,
    ...(node.type === 'compound' && first ? { initial: first.id } : {}),
    invokes: node.invoke.map(({ id }) => id),
    tags: node.tags,
    transitions: [...candidatesOf(node)]
      .flatMap(([type, candidates]) =>
        candidates.map(({ guard, target, reenter }, index) =>
          JSON.stringify({
            id: `${node.id} ${type === '' ? 'always' : type} ${index}`,
            guard: guard === undefined ? undefined : nameOf(guard),
            targets: target?.map(({ id }) => id) ?? [],
            reenter,
          }),
        ),
      )
      .sort(),
  };
}

function ofPage({ id, type, initial, invokes, tags, transitions }: ChartNode) {
  return {
    id,
    type,
    ...(initial === undefined ? {} : { initial }),
    invokes: invokes.map((invoke) => invoke.id),
    tags,
    transitions: transitions
      .map((each) => JSON.stringify({ id: each.id, guard: each.guard, targets: each.targets, reenter: each.reenter }))
      .sort(),
  };
}

const isHistory = ({ type }: { type: string }) => type === 'history';

/** As `@statelyai/inspect` sends it: functions by their names. */
const sent = (machine: AnyStateMachine): unknown =>
  JSON.parse(
    JSON.stringify(machine.config, (_, value) => (typeof value === 'function' ? { type: value.name } : value)),
  );

const stateOf = (chart: ChartDefinition, id: string) => {
  const node = [...nodesOf(chart.root)].find((each) => each.id === id);
  if (!node) throw new Error(`no state ${id}`);
  return node;
};

describe('a chart as data', () => {
  it.each(machines.map((machine) => [machine.id, machine] as const))('says of %s what XState says', (_, machine) => {
    const live = [...liveNodesOf(machine.root)].filter((node) => !isHistory(node)).map(ofXState);
    const read = [...nodesOf(chartOf(machine).root)].filter((node) => !isHistory(node)).map(ofPage);
    expect(read).toEqual(live);
  });

  it.each(machines.map((machine) => [machine.id, machine] as const))('is the same for %s as JSON', (_, machine) => {
    const strip = (chart: ChartDefinition) =>
      [...nodesOf(chart.root)].map((node) => ({
        ...ofPage(node),
        transitions: node.transitions.map(({ id, targets }) => [id, targets]),
      }));
    expect(strip(chartOfConfig(sent(machine)))).toEqual(strip(chartOf(machine)));
  });

  it.each(machines.map((machine) => [machine.id, machine] as const))(
    'is, but for `always`, the same for %s as its own JSON',
    (_, machine) => {
      const strip = (chart: ChartDefinition) =>
        [...nodesOf(chart.root)]
          .filter((node) => !isHistory(node))
          .map(({ id, type, initial, entry, exit, transitions }) => ({
            id,
            type,
            initial,
            actions: [entry.length, exit.length],
            transitions: transitions
              .filter(({ kind }) => kind !== 'always')
              .map(({ id, kind, targets }) => [id, kind, ...targets].join(' '))
              .sort(),
          }));
      expect(strip(chartOfConfig(JSON.parse(JSON.stringify(machine))))).toEqual(strip(chartOf(machine)));
    },
  );

  it('names delays, children and history', () => {
    const chart = chartOf(foreign);
    expect(stateOf(chart, 'phone.screen.on.app').transitions.map(({ kind, delay }) => [kind, delay])).toContainEqual([
      'after',
      'nap',
    ]);
    expect(stateOf(chart, 'phone.screen.on.last')).toMatchObject({
      type: 'history',
      history: 'deep',
      transitions: [{ targets: ['home'] }],
    });
    expect(stateOf(chart, 'phone.screen.on')).toMatchObject({
      entry: ['hum', 'xstate.assign'],
      exit: ['hum({"loud":true})'],
    });
    expect(stateOf(chart, 'phone.sound.loading').transitions.map(({ kind, actor }) => [kind, actor])).toEqual([
      ['done', '0.phone.sound.loading'],
      ['error', '0.phone.sound.loading'],
    ]);
    expect(chart.actors.player?.root.children.map(({ key }) => key)).toEqual(['stopped', 'playing']);
  });

  it('survives what lies too deep to be sent', () => {
    const chart = chartOfConfig({
      id: 'deep',
      initial: 'a',
      entry: '[Array]',
      states: {
        a: '[Object]',
        b: { on: { GO: [{ target: 'a', guard: '[Object]', actions: '[Array]' }], STOP: '[Array]' } },
      },
    });
    expect(stateOf(chart, 'deep.b').transitions).toMatchObject([{ targets: ['deep.a'], guard: '…', actions: ['…'] }]);
    expect(chart.root.entry).toEqual(['…']);
  });

  it('leaves out a target that is not there', () => {
    const chart = chartOfConfig({ id: 'm', states: { a: { on: { GO: 'nowhere' } } } });
    expect(stateOf(chart, 'm.a').transitions).toMatchObject([{ type: 'GO', targets: [] }]);
  });

  it.each([[null], ['text'], [[]], [7]])('is not made of %j', (value) => {
    expect(() => chartOfConfig(value)).toThrow(NoChart);
  });
});
