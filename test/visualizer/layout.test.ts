import ELK from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { paths, recoveryMachine } from '../../machines/index.ts';
import { namesFromAfar } from '../../visualizer/src/chart/afar.ts';
import { type ChartDefinition, nodesOf } from '../../visualizer/src/chart/definition.ts';
import { type Layout, LayoutCache, type LayoutEngine, layoutOf, type Rect } from '../../visualizer/src/chart/layout.ts';
import { estimate } from '../../visualizer/src/chart/measure.ts';
import { chartOf } from '../../visualizer/src/chart/read-config.ts';
import { sceneOf } from '../../visualizer/src/chart/scene.ts';
import { foreign } from './foreign.ts';
import { words } from './words.ts';

// What a reader must be able to rely on: no box over another, no label over another or over what is written in a box.

const NEAR = 0.5; // px: what rounding may do
const machines: AnyStateMachine[] = [recoveryMachine, ...paths.map(({ machine }) => machine), foreign];
const engine = new ELK.default();
const laidOut = (definition: ChartDefinition, unfolded?: ReadonlySet<string>) =>
  layoutOf(sceneOf({ definition }, { words, measure: estimate, ...(unfolded ? { unfolded } : {}) }), engine);

const overlap = (a: Rect, b: Rect) =>
  a.x + NEAR < b.x + b.width &&
  b.x + NEAR < a.x + a.width &&
  a.y + NEAR < b.y + b.height &&
  b.y + NEAR < a.y + a.height;
const inside = (inner: Rect, outer: Rect) =>
  inner.x >= outer.x - NEAR &&
  inner.y >= outer.y - NEAR &&
  inner.x + inner.width <= outer.x + outer.width + NEAR &&
  inner.y + inner.height <= outer.y + outer.height + NEAR;

type Placed = Layout['boxes'] extends Map<string, infer T> ? T : never;
/** The part of a box that is written on. */
const written = ({ rect, height, children }: Placed): Rect => (children.length > 0 ? { ...rect, height } : rect);

function faultsOf({ boxes, arrows }: Layout): string[] {
  const all = [...boxes.values()];
  const faults: string[] = [];
  for (const [index, box] of all.entries()) {
    const parent = box.parent === undefined ? undefined : boxes.get(box.parent);
    if (parent && !inside(box.rect, parent.rect)) faults.push(`${box.id} is not within ${parent.id}`);
    if (parent && overlap(box.rect, written(parent))) faults.push(`${box.id} hides what is written in ${parent.id}`);
    for (const other of all.slice(index + 1)) {
      if (other.parent === box.parent && overlap(box.rect, other.rect)) faults.push(`${box.id} over ${other.id}`);
    }
    for (const arrow of arrows) {
      if (overlap(arrow.label, written(box))) faults.push(`the label of ${arrow.id} over ${box.id}`);
    }
  }
  for (const [index, arrow] of arrows.entries()) {
    if (arrow.points.length < 2) faults.push(`${arrow.id} has no line`);
    for (const other of arrows.slice(index + 1)) {
      if (overlap(arrow.label, other.label)) faults.push(`the labels of ${arrow.id} and ${other.id}`);
    }
  }
  return faults;
}

describe('the layout', () => {
  it.each(machines.map((machine) => [machine.id, machine] as const))('of %s hides nothing', async (_, machine) => {
    const layout = await laidOut(chartOf(machine));
    expect(layout.boxes.size).toBe([...nodesOf(chartOf(machine).root)].length);
    expect(faultsOf(layout)).toEqual([]);
  });

  it('of the parent with its eight children unfolded hides nothing', async () => {
    const definition = chartOf(recoveryMachine);
    const hosts = [...nodesOf(definition.root)].filter(({ invokes }) =>
      invokes.some(({ src }) => definition.actors[src]),
    );
    expect(hosts).toHaveLength(8);
    const layout = await laidOut(definition, new Set(hosts.map(({ id }) => id)));
    const states = [definition, ...Object.values(definition.actors)].flatMap(({ root }) => [...nodesOf(root)]);
    expect(layout.boxes.size).toBe(states.length);
    expect(layout.boxes.get('bankCard/bankCard.awaitingCode')?.parent).toBe('bankCard/bankCard');
    expect(layout.boxes.get('bankCard/bankCard')?.parent).toBe('recovery.verifying.bankCard');
    expect(faultsOf(layout)).toEqual([]);

    const names = namesFromAfar(layout, 0.07, estimate);
    const written = names.map(({ text }) => text);
    expect(written).toEqual(
      expect.arrayContaining(['recovery', 'verifying', ...paths.map(({ machine }) => machine.id)]),
    );
    expect(new Set(written).size).toBe(written.length);
    for (const [index, { rect }] of names.entries()) {
      expect(names.slice(index + 1).filter((other) => overlap(rect, other.rect))).toEqual([]);
    }
  });

  it('of a chart within another is not made twice', async () => {
    const definition = chartOf(recoveryMachine);
    const asked: string[] = [];
    const counting: LayoutEngine = {
      layout: (graph) => {
        asked.push(graph.children?.[0]?.id ?? '');
        return engine.layout(graph);
      },
    };
    const cache = new LayoutCache();
    const scene = (...hosts: string[]) =>
      sceneOf({ definition }, { words, measure: estimate, unfolded: new Set(hosts) });
    const [biometric, idCard] = ['recovery.verifying.biometric', 'recovery.verifying.idCard'];
    const first = await layoutOf(scene(biometric), counting, cache);
    expect(asked).toEqual(['biometric/biometric', 'recovery']);
    await layoutOf(scene(biometric, idCard), counting, cache);
    expect(asked.slice(2)).toEqual(['idCard/idCard', 'recovery']);
    expect(await layoutOf(scene(biometric), counting, cache)).toEqual(first);
    expect(asked).toHaveLength(4);
  });

  it('of a collapsed state leads its arrows to the state itself', async () => {
    const definition = chartOf(recoveryMachine);
    const scene = sceneOf(
      { definition },
      { words, measure: estimate, collapsed: new Set(['recovery.verifying', 'recovery.settingPassword']) },
    );
    const layout = await layoutOf(scene, engine);
    expect(layout.boxes.has('recovery.verifying.bankCard')).toBe(false);
    expect(layout.arrows.map(({ id }) => id)).toContain('recovery.verifying > recovery.settingPassword');
    expect(faultsOf(layout)).toEqual([]);
  });
});
