import ELK from 'elkjs/lib/elk.bundled.js';
import { describe, expect, test } from 'vitest';
import { nodesOf } from '../../visualizer/src/chart/definition.ts';
import { instancesOf } from '../../visualizer/src/chart/instances.ts';
import { layoutOf } from '../../visualizer/src/chart/layout.ts';
import { MACHINES } from '../../visualizer/src/chart/machines.ts';
import { estimate } from '../../visualizer/src/chart/measure.ts';
import { sceneOf } from '../../visualizer/src/chart/scene.ts';
import { drawingOf } from '../../visualizer/src/export/drawing.ts';
import { mermaidOf } from '../../visualizer/src/export/mermaid.ts';
import { svgOf } from '../../visualizer/src/export/svg.ts';
import { words } from './words.ts';

const palette = {
  ground: '#ffffff',
  open: '#f5f6f8',
  text: '#1a1d21',
  quiet: '#5a626c',
  line: '#767f8a',
  accent: '#1d5fd6',
  accentGround: '#e6effd',
};

describe.each(MACHINES.map(({ id, definition }) => [id, definition] as const))('%s', (id, definition) => {
  test('as SVG has every state and label, inside the picture', async () => {
    const leaf = [...nodesOf(definition.root)].find(({ children }) => children.length === 0);
    const instance = { definition, active: new Set([definition.root.id, leaf?.id ?? '']) };
    const layout = await layoutOf(sceneOf(instance, { words, measure: estimate }), new ELK.default());
    const drawing = drawingOf(layout, instancesOf(instance), palette);
    const svg = svgOf(drawing, id);
    expect(svg.match(/<rect [^>]*rx="8"/g)?.length ?? 0).toBeGreaterThan(3);
    for (const { key, type } of nodesOf(definition.root)) if (type !== 'history') expect(svg).toContain(`>${key}<`);
    expect(svg).toContain(palette.accentGround);
    expect(svg).not.toMatch(/NaN|undefined|url\(|href/);
    for (const shape of drawing.shapes) {
      if (shape.kind !== 'rect') continue;
      expect(shape.x + shape.width).toBeLessThanOrEqual(drawing.width);
      expect(shape.y + shape.height).toBeLessThanOrEqual(drawing.height);
    }
  });

  test('as Mermaid has every state once and every transition', () => {
    const text = mermaidOf(definition, { words });
    const nodes = [...nodesOf(definition.root)];
    expect(text.match(/^ *state ".*" as /gm)).toHaveLength(nodes.length);
    const arrows = nodes.flatMap(({ transitions }) => transitions.map(({ targets }) => Math.max(targets.length, 1)));
    expect(text.match(/^ {2}\w+ --> \w+ : ./gm)).toHaveLength(arrows.reduce((sum, each) => sum + each, 0));
  });
});

test('what has a meaning in a document is written as text', () => {
  const shape = { kind: 'text', x: 0, y: 0, text: `<a href="x">&'`, font: 'text', fill: '#000' } as const;
  const svg = svgOf({ width: 1, height: 1, ground: '#fff', margin: 0, shapes: [shape] }, '</title>');
  expect(svg).toContain('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
  expect(svg).toContain('<title>&lt;/title&gt;</title>');
});
