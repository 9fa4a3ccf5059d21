/**
 * Which keys of contexts, events and outputs may be shown; `all` of a program that holds nothing real. Names of states,
 * types of events, and the chart itself are always shown.
 */
export type Reveal = 'all' | readonly string[];

/** In place of a value that is not shown. */
const HIDDEN = '(hidden)';

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

/**
 * A message of `@statelyai/inspect` with nothing in it but what is known to be harmless, or whose key is on the list.
 * @returns nothing for what is no such message.
 */
export function redacted(message: unknown, reveal: Reveal): Plain | undefined {
  if (!isPlain(message) || !/^@xstate\.(actor|event|snapshot)$/.test(textOf(message.type) ?? '')) return undefined;
  if (reveal === 'all') return message;
  const keys = new Set(reveal);
  const { definition, snapshot, event } = message;
  return {
    ...picked(message, ['type', 'name', 'sessionId', 'sourceId', 'parentId', 'rootId', 'createdAt', '_version']),
    ...(typeof definition === 'string' ? { definition: chartOnly(definition, keys) } : {}),
    ...(snapshot === undefined ? {} : { snapshot: snapshotOf(snapshot, keys) }),
    ...(event === undefined ? {} : { event: eventOf(event, keys) }),
  };
}

/** The values of these keys that are text. */
const picked = (from: Plain, keys: readonly string[]): Plain =>
  Object.fromEntries(keys.flatMap((key) => (typeof from[key] === 'string' ? [[key, from[key]]] : [])));

function snapshotOf(snapshot: unknown, keys: ReadonlySet<string>): Plain {
  if (!isPlain(snapshot)) return {};
  return {
    ...picked(snapshot, ['status']),
    ...('value' in snapshot ? { value: stateValue(snapshot.value) } : {}),
    ...('tags' in snapshot ? { tags: [snapshot.tags].flat().filter((tag) => typeof tag === 'string') } : {}),
    ...('context' in snapshot ? { context: shown(snapshot.context, keys) } : {}),
    ...('output' in snapshot ? { output: shown(snapshot.output, keys) } : {}),
    ...(snapshot.error === undefined || snapshot.error === null ? {} : { error: HIDDEN }),
  };
}

/** Names of states, however deep. */
function stateValue(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (!isPlain(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, stateValue(inner)]));
}

function eventOf(event: unknown, keys: ReadonlySet<string>): Plain {
  if (!isPlain(event)) return { type: textOf(event) ?? '' };
  return { ...(shown(event, keys) as Plain), type: textOf(event.type) ?? '' };
}

/** Whatever stands under a key that is on the list is shown as it is; of the rest only the names of its keys. */
function shown(value: unknown, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => shown(each, keys));
  if (!isPlain(value)) return HIDDEN;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, keys.has(key) ? inner : shown(inner, keys)]),
  );
}

const IN_CHART = new Set(['params', 'context', 'input', 'meta', 'output']);

/** A chart without what it is given: contexts, inputs, parameters of actions. */
function chartOnly(definition: string, keys: ReadonlySet<string>): string {
  try {
    return JSON.stringify(JSON.parse(definition), (key, value) =>
      IN_CHART.has(key) && !keys.has(key) && !isPlain(value?.states) ? undefined : value,
    );
  } catch {
    return '{}';
  }
}
