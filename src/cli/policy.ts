import { Document, isMap, isPair, isScalar, visit } from 'yaml';
import { type core, globalRegistry } from 'zod';
import { formatDuration } from '../../machines/duration.ts';
import { type Note, Policy, policyOf } from '../../machines/policy.ts';
import { loadPolicy } from '../scenario/load.ts';

export interface PolicyFlags {
  check?: string;
  profile: Policy['profile'];
}

interface Def {
  innerType?: core.$ZodType;
  element?: core.$ZodType;
  shape?: Record<string, core.$ZodType>;
}
const defOf = (schema: core.$ZodType) => schema._zod.def as Def;

/** The note and the inner schema of a field, whatever wraps it. */
function unwrap(schema: core.$ZodType): { note: Note | undefined; inner: core.$ZodType } {
  const note = globalRegistry.get(schema) as Note | undefined;
  const { innerType } = defOf(schema);
  if (!innerType) return { note, inner: schema };
  const below = unwrap(innerType);
  return { note: note?.section ? note : below.note, inner: below.inner };
}

const isDuration = (schema: core.$ZodType) => unwrap(schema).inner._zod.def.type === 'pipe';

/** Every figure as it would be written in a policy file: spans of time as `45m`. */
function written(value: unknown, schema: core.$ZodType): unknown {
  const { inner } = unwrap(schema);
  if (typeof value === 'number' && isDuration(schema)) return formatDuration(value);
  if (Array.isArray(value)) {
    const { element } = defOf(inner);
    return element ? value.map((each) => written(each, element)) : value;
  }
  const { shape } = defOf(inner);
  if (value !== null && typeof value === 'object' && shape) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, shape[key] ? written(each, shape[key]) : each]),
    );
  }
  return value;
}

function noteAt(path: readonly string[]): Note | undefined {
  let schema: core.$ZodType | undefined = Policy;
  for (const key of path) {
    const { inner } = unwrap(schema);
    schema = defOf(inner).shape?.[key];
    if (!schema) return undefined;
  }
  return unwrap(schema).note;
}

/** The defaults of a profile as YAML, each figure with its section and its origin. */
function policyAsYaml(profile: Policy['profile']): string {
  const document = new Document(written(policyOf({}, profile), Policy));
  visit(document, {
    Pair(_, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key }) => (isScalar(key) ? String(key.value) : ''));
      const note = noteAt(keys);
      if (!note) return;
      const text = ` spec ${note.section}, ${note.from}${note.note ? `: ${note.note}` : ''}`;
      if (isMap(pair.value) || !isScalar(pair.value)) {
        if (isScalar(pair.key)) pair.key.commentBefore = text;
      } else pair.value.comment = text;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/**
 * Prints the defaults of a profile, or checks a file, which says by itself what profile it is for.
 * @returns the exit code.
 * @throws UnusableFile
 */
export async function showPolicy({ check, profile }: PolicyFlags): Promise<number> {
  if (check === undefined) {
    process.stdout.write(policyAsYaml(profile));
    return 0;
  }
  const policy = policyOf(await loadPolicy(check));
  console.log(`${check}: a valid policy, version ${policy.version}, profile ${policy.profile}`);
  return 0;
}
