import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import palmAndVoice from '../../machines/trial/palm-and-voice.ts';

const FOLDER = join(import.meta.dirname, '../../machines');
const machines = [recoveryMachine, ...paths.map(({ machine }) => machine), palmAndVoice.machine];

function* nodes(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const state of Object.values(node.states)) yield* nodes(state);
}

describe('every chart', () => {
  test.each(machines.map((machine) => [machine.id, machine] as const))(
    '%s describes each state, with its section',
    (_, machine) => {
      for (const node of nodes(machine.root)) {
        expect(node.description, `${node.id} has no description`).toBeTruthy();
        expect((node.meta as { section?: string } | undefined)?.section, `${node.id} has no section`).toMatch(/^\d/);
      }
    },
  );

  test.each(machines.map((machine) => [machine.id, machine] as const))(
    '%s: every state that waits has a timeout, a way on by itself, or a parent that has one',
    (_, machine) => {
      // The parent's own limit and the appeal's deadlines are delayed events that span states.
      const spans = ['recovery', 'appeal'].includes(machine.id);
      for (const node of nodes(machine.root)) {
        if (node.type !== 'atomic') continue;
        let waits: AnyStateNode | undefined = node;
        let timed = spans || (node.always?.length ?? 0) > 0;
        for (; waits && !timed; waits = waits.parent) timed = waits.after.length > 0;
        expect(timed, `${node.id} can wait for ever`).toBe(true);
      }
    },
  );
});

describe('machines/', () => {
  const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const);

  test.each(sources)('%s reads no clock, rolls no dice, imports nothing from src/', (_, text) => {
    expect(text).not.toMatch(/Date\.now|new Date\(|Math\.random|setTimeout|performance\./);
    expect(text).not.toMatch(/from '(\.\.\/)+src/);
  });

  test.each(sources.filter(([name]) => paths.some(({ machine }) => kebab(machine.id) === name)))(
    '%s holds no figure of the policy',
    (_, text) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^']*'/g, '');
      const figures = [...code.matchAll(/(?<![\w.])\d[\d_]*(?:\.\d+)?/g)].map(([figure]) => figure);
      // 0 and 1 count things; 100 makes a share a percentage.
      expect(figures.filter((figure) => !['0', '1', '100'].includes(figure))).toEqual([]);
    },
  );
});

function kebab(id: string): string {
  return `${id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;
}
