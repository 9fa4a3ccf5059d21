import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { events } from '../../machines/events.ts';
import { policyOf } from '../../machines/policy.ts';
import { ports } from '../../machines/ports.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import { sandboxAccount } from '../adapters/account.ts';
import { hint } from '../adapters/nearest.ts';
import { KNOWN_PATHS, Scenario } from './schema.ts';
import { knownStates } from './states.ts';

type Path = readonly PropertyKey[];

/** A file that cannot be run: which, where, what is wrong and what would be right. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.file = file;
    this.line = line;
  }
}

/** A parsed YAML or JSON file that can tell the line of each of its parts. */
export interface Source {
  value: unknown;
  fail(path: Path, message: string): never;
}

/** @throws UnusableFile when it is not YAML or JSON. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const [error] = document.errors;
  if (error) throw new UnusableFile(file, lines.linePos(error.pos[0]).line, error.message);
  return {
    value: document.toJS(),
    fail: (path, message) => {
      throw new UnusableFile(file, lineOf(path), message);
    },
  };
}

/** The issue that goes deepest: of a union, the alternative that came nearest. */
function deepest(issue: z.core.$ZodIssue, base: Path = []): { path: Path; issue: z.core.$ZodIssue } {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { path, issue };
  const nearestFirst = issue.errors
    .filter((alternative) => alternative.length > 0)
    .map((alternative) => ({ found: deepest(alternative[0] as z.core.$ZodIssue, path), count: alternative.length }))
    .sort(
      (a, b) =>
        rank(a.found.issue) - rank(b.found.issue) || b.found.path.length - a.found.path.length || a.count - b.count,
    );
  return nearestFirst[0]?.found ?? { path, issue };
}

/** Alternatives of a step that lack their own key are not what was meant. */
const rank = (issue: z.core.$ZodIssue) =>
  issue.code === 'unrecognized_keys' || ('input' in issue && issue.input === undefined) ? 1 : 0;

function describe(issue: z.core.$ZodIssue, path: Path): string {
  const where = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = where.startsWith('steps.') && path.length === 2 ? STEP_KEYS : Object.keys(Scenario.shape);
    return `unknown key '${issue.keys.join("', '")}'${where ? ` in ${where}` : ''}${hint(issue.keys[0] ?? '', known)}`;
  }
  if (issue.code === 'invalid_key' || (issue.code === 'invalid_value' && path[0] === 'ports')) {
    return `unknown port '${String(path.at(-1))}'${hint(String(path.at(-1)), Object.keys(ports))}`;
  }
  return `${where}: ${issue.message}`;
}
const STEP_KEYS = ['expect', 'send', 'refused', 'as', 'wait', 'restart', 'account', 'start', 'same'];

/**
 * What a check of a part gives.
 * @throws UnusableFile with the line of the first thing that is wrong.
 */
export function checked<T>(source: Source, at: Path, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const issue = (error as Partial<z.ZodError>).issues?.[0];
    if (!issue) return source.fail(at, error instanceof Error ? error.message : String(error));
    {
      const found = deepest(issue as z.core.$ZodIssue);
      const where = [...at, ...found.path];
      const keys = found.issue.code === 'unrecognized_keys' ? `: unknown key '${found.issue.keys.join("', '")}'` : '';
      source.fail(where, `${where.map(String).join('.')}${keys || `: ${found.issue.message}`}`);
    }
  }
}

/**
 * A scenario from text, with everything checked that can be wrong before it runs.
 * @throws UnusableFile with file, line and what would be right.
 */
export function parseScenario(file: string, text: string): Scenario {
  const source = parseSource(file, text);
  const result = Scenario.safeParse(source.value);
  if (!result.success) {
    const { path, issue } = deepest(result.error.issues[0] as z.core.$ZodIssue);
    return source.fail(path, describe(issue, path));
  }
  const scenario = result.data;
  checked(source, ['policy'], () => policyOf(scenario.policy, scenario.profile));
  checked(source, ['account'], () => sandboxAccount(scenario.account));
  const states = knownStates(recoveryMachine);
  for (const [index, step] of scenario.steps.entries()) {
    const at = ['steps', index];
    if ('send' in step) {
      const { type, path } = step.send;
      if (!(type in events))
        source.fail([...at, 'send', 'type'], `unknown event '${type}'${hint(type, Object.keys(events))}`);
      if (type === 'path.choose') checkPath(source, [...at, 'send', 'path'], String(path));
    }
    if ('account' in step) checked(source, [...at, 'account'], () => sandboxAccount(step.account));
    if (!('expect' in step)) continue;
    for (const [key, expected] of [
      ['', step.expect],
      ['strict', step.expect.strict ?? {}],
    ] as const) {
      const here = [...at, 'expect', ...(key ? [key] : [])];
      for (const [i, path] of (expected.eligible ?? []).entries()) checkPath(source, [...here, 'eligible', i], path);
      for (const path of Object.keys(expected.ineligible ?? {})) checkPath(source, [...here, 'ineligible', path], path);
      if (expected.path) checkPath(source, [...here, 'path'], expected.path);
      const { state } = expected;
      if (state !== undefined && !states.some((known) => known === state || known.startsWith(`${state}.`))) {
        source.fail([...here, 'state'], `unknown state '${state}'${hint(state, states)}`);
      }
    }
  }
  return scenario;
}

function checkPath(source: Source, at: Path, path: string): void {
  if (!KNOWN_PATHS.includes(path)) source.fail(at, `unknown path '${path}'${hint(path, KNOWN_PATHS)}`);
}

/** @throws UnusableFile, also when it cannot be read. */
export async function loadScenario(file: string): Promise<Scenario> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UnusableFile(file, 1, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseScenario(file, text);
}
