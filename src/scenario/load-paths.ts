import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AnyStateMachine, StateMachine } from 'xstate';
import { z } from 'zod';
import { FACTOR_KINDS } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtIn } from '../../machines/paths.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import { UnusableFile } from './parse.ts';

const schema = z.custom<z.core.$ZodType>((value) => value instanceof z.core.$ZodType, 'expected a schema of zod 4');
const shape = z.custom<z.core.$ZodObject>(
  (value) => value instanceof z.core.$ZodObject,
  'expected an object schema of zod 4',
);

/** What the compiler would ask of a path, for modules that it has not seen. */
const Own = z
  .looseObject({
    id: z.string().regex(/^[A-Za-z]\w{0,63}$/, 'expected a word such as palmAndVoice'),
    title: z.looseObject({ 'zh-CN': z.string().min(1), en: z.string().min(1) }),
    section: z.string(),
    order: z.enum(['selfService', 'appeal', 'lastResort']),
    grants: z.array(z.enum(FACTOR_KINDS)),
    machine: z.custom<AnyStateMachine>(
      (value) => value instanceof StateMachine,
      'expected a machine of the same xstate as regain’s',
    ),
    ineligible: z.custom((value) => typeof value === 'function', 'expected a function'),
    events: z
      .record(z.string(), z.looseObject({ from: z.enum(['owner', 'contact', 'agent', 'staff']), schema: shape }))
      .optional(),
    ports: z
      .record(z.string(), z.looseObject({ does: z.string(), input: shape, output: schema, tries: z.int().positive() }))
      .optional(),
  })
  .refine(({ id, machine }) => machine.id === id, { path: ['machine'], error: 'its id is not that of the path' });

/**
 * The ways back: the eight, and those that a module brings.
 * @param module path of a JavaScript file whose default export is a `RecoveryPath`, or a list of them; without it the eight.
 * @throws UnusableFile when it cannot be loaded, or what it exports is no path, or breaks a rule of the registry.
 */
export async function loadPaths(module?: string): Promise<readonly RecoveryPath[]> {
  if (module === undefined) return builtIn;
  const unusable = (message: string) => new UnusableFile(module, undefined, message);
  let given: unknown;
  try {
    given = ((await import(pathToFileURL(resolve(module)).href)) as { default?: unknown }).default;
  } catch (error) {
    throw unusable(`cannot be loaded: ${messageOf(error)}`);
  }
  if (given === undefined) throw unusable('has no default export: expected a RecoveryPath, or a list of them');
  const own = [given].flat();
  for (const [index, path] of own.entries()) {
    const { error } = Own.safeParse(path);
    const [issue] = error?.issues ?? [];
    if (!issue) continue;
    const id = typeof path === 'object' && path !== null && 'id' in path ? `path '${path.id}'` : `path ${index + 1}`;
    throw unusable(`${id}: ${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}`);
  }
  const all = [...builtIn, ...(own as RecoveryPath[])];
  try {
    recoveryMachineOf(all);
  } catch (error) {
    throw unusable(messageOf(error));
  }
  return all;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
