import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtInPaths, eventsOf, portsOf } from '../../machines/paths.ts';
import { policyOf } from '../../machines/policy.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import { sandboxAccount } from '../adapters/account.ts';
import { hint } from '../adapters/nearest.ts';
import { issueText } from '../issues.ts';
import { type Scenario, ScenarioHead, STEP_KINDS, type Step } from './schema.ts';
import { knownStates } from './states.ts';
import { PortsError, scriptOf } from './world.ts';

type Path = readonly PropertyKey[];

/** A file that cannot be run: which, where, what is wrong and what would be right. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
  readonly file: string;
  /** None when the whole file is meant. */
  readonly line: number | undefined;
  constructor(file: string, line: number | undefined, message: string) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${message}`);
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

/** What is wrong, with what would be right. */
function told(source: Source, at: Path, { issues }: z.core.$ZodError, known: readonly string[]): never {
  const issue = issues[0] as z.core.$ZodIssue;
  const path = [...at, ...issue.path];
  const text = issueText(issue, at);
  if (issue.code !== 'unrecognized_keys') return source.fail(path, text);
  const [key = ''] = issue.keys;
  const names = issue.path.length === 0 ? known : [];
  return source.fail([...path, key], `${text}${names.length ? hint(key, names) : ''}`);
}

const KINDS = Object.keys(STEP_KINDS) as (keyof typeof STEP_KINDS)[];

function stepOf(source: Source, index: number, raw: Record<string, unknown>): Step {
  const at = ['steps', index];
  const kind = KINDS.find((each) => each in raw);
  if (!kind) {
    const [key = ''] = Object.keys(raw);
    return source.fail([...at, key], `unknown step '${key}'${hint(key, KINDS)}`);
  }
  const schema = STEP_KINDS[kind];
  const result = schema.safeParse(raw);
  return result.success ? result.data : told(source, at, result.error, Object.keys(schema.shape));
}

/**
 * What a check of a part gives.
 * @throws UnusableFile with the line of the first thing that is wrong.
 */
export function checked<T>(source: Source, at: Path, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PortsError) return source.fail([...at, ...error.path], error.message);
    if (error instanceof z.core.$ZodError) return told(source, at, error, []);
    return source.fail(at, error instanceof Error ? error.message : String(error));
  }
}

/**
 * A scenario from text, with everything checked that can be wrong before it runs.
 * @param paths the ways back that it may speak of.
 * @throws UnusableFile with file, line and what would be right.
 */
export function parseScenario(file: string, text: string, paths: readonly RecoveryPath[] = builtInPaths): Scenario {
  const source = parseSource(file, text);
  const head = ScenarioHead.safeParse(source.value);
  if (!head.success) return told(source, [], head.error, Object.keys(ScenarioHead.shape));
  const scenario: Scenario = {
    ...head.data,
    steps: head.data.steps.map((raw, index) => stepOf(source, index, raw)),
  };
  checked(source, ['policy'], () => policyOf(scenario.policy, scenario.profile));
  checked(source, ['account'], () => sandboxAccount(scenario.account));
  const ports = Object.keys(portsOf(paths));
  for (const name of Object.keys(scenario.ports)) {
    if (!ports.includes(name)) source.fail(['ports', name], `unknown port '${name}' in ports${hint(name, ports)}`);
  }
  checked(source, ['ports'], () => scriptOf(scenario.ports, scenario.account, paths));
  const states = knownStates(recoveryMachineOf(paths));
  const events = eventsOf(paths);
  const ids = paths.map(({ id }) => id);
  const checkPath = (at: Path, path: string) => {
    if (!ids.includes(path)) source.fail(at, `unknown path '${path}'${hint(path, ids)}`);
  };
  for (const [index, step] of scenario.steps.entries()) {
    const at = ['steps', index];
    if ('send' in step) {
      const { type, path } = step.send;
      if (!(type in events))
        source.fail([...at, 'send', 'type'], `unknown event '${type}'${hint(type, Object.keys(events))}`);
      if (type === 'path.choose' && path === undefined)
        source.fail([...at, 'send'], `steps.${index}.send.path: is missing: expected one of ${ids.join(', ')}`);
      if (type === 'path.choose') checkPath([...at, 'send', 'path'], String(path));
    }
    if ('account' in step) checked(source, [...at, 'account'], () => sandboxAccount(step.account));
    if (!('expect' in step)) continue;
    for (const [key, expected] of [
      ['', step.expect],
      ['strict', step.expect.strict ?? {}],
    ] as const) {
      const here = [...at, 'expect', ...(key ? [key] : [])];
      for (const [i, path] of (expected.eligible ?? []).entries()) checkPath([...here, 'eligible', i], path);
      for (const path of Object.keys(expected.ineligible ?? {})) checkPath([...here, 'ineligible', path], path);
      if (expected.path) checkPath([...here, 'path'], expected.path);
      const { state } = expected;
      if (state !== undefined && !states.some((known) => known === state || known.startsWith(`${state}.`))) {
        source.fail([...here, 'state'], `unknown state '${state}'${hint(state, states)}`);
      }
    }
  }
  return scenario;
}
