import { setTimeout as after } from 'node:timers/promises';
import type { AnyStateMachine } from 'xstate';
import { type Mutant, mutantsOf } from './mutate.ts';

/** Something that holds of a machine: a scenario, a walk, a property. */
export interface Check {
  name: string;
  /**
   * Throws, or gives false, when it does not hold of the machine. Mutants fail in ways that their machine does not: listen
   * to the errors of the actors made (`actor.subscribe({ error })`), or XState throws them beside the check.
   */
  run(machine: AnyStateMachine): unknown;
}

/** What became of a mutant: killed by the first check that did not hold, or a survivor. */
export interface Verdict {
  id: string;
  description: string;
  killed: boolean;
  /** Name of the check that killed it; none where the machine could not even be made. */
  by?: string;
  how?: 'check' | 'error' | 'timeout';
}

/** Reasons why mutants do what the machine does, by their ids. */
export type Equivalents = Readonly<Record<string, string>>;

export interface MutationReport {
  machine: string;
  /** How many there are; fewer were judged where only a sample was. */
  mutants: number;
  judged: number;
  killed: number;
  /** Those of the killed that never came to rest. */
  timedOut: string[];
  /** Those that no check kills and no reason excuses. */
  survivors: Verdict[];
  equivalents: { id: string; reason: string }[];
  /** Entries that excuse a mutant which is killed, or which there is not. */
  wrongEquivalents: { id: string; why: 'killed' | 'unknown' }[];
  /** Killed, of those judged that are not equivalent, in percent. */
  score: number;
}

export interface MutateOptions {
  equivalents?: Equivalents;
  /** How long one check may take, in ms; what takes longer has killed its mutant. 10 000 by default. */
  checkTimeout?: number;
}

/**
 * Changes a machine one thing at a time and asks the checks of each mutant until one no longer holds.
 * @throws Error when a check does not hold of the machine as it is.
 */
export async function mutate(
  machine: AnyStateMachine,
  checks: readonly Check[],
  { equivalents = {}, checkTimeout = 10_000 }: MutateOptions = {},
): Promise<MutationReport> {
  for (const check of checks) {
    const { killed, how } = await ask(check, machine, checkTimeout);
    if (killed) throw new Error(`check '${check.name}' does not hold of the machine as it is (${how})`);
  }
  const mutants = mutantsOf(machine);
  const verdicts: Verdict[] = [];
  for (const mutant of mutants) verdicts.push(await judge(mutant, checks, { checkTimeout }));
  return reportOf(machine.id, mutants, verdicts, equivalents);
}

/**
 * Asks checks of a mutant, in their order, until one no longer holds. An error that a mutant throws has killed it.
 * @param onCheck told before each check.
 */
export async function judge(
  { id, description, make }: Mutant,
  checks: readonly Check[],
  { checkTimeout = 10_000, onCheck }: { checkTimeout?: number; onCheck?: (check: Check) => void } = {},
): Promise<Verdict> {
  let machine: AnyStateMachine;
  try {
    machine = make();
  } catch {
    return { id, description, killed: true, how: 'error' };
  }
  for (const check of checks) {
    onCheck?.(check);
    const answer = await ask(check, machine, checkTimeout);
    if (answer.killed) return { id, description, ...answer, by: check.name };
  }
  return { id, description, killed: false };
}

async function ask(
  check: Check,
  machine: AnyStateMachine,
  checkTimeout: number,
): Promise<Pick<Verdict, 'killed' | 'how'>> {
  const over = new AbortController();
  try {
    const late = after(checkTimeout, 'timeout' as const, { signal: over.signal, ref: true });
    late.catch(() => {}); // called off
    const answer = await Promise.race([(async () => check.run(machine))(), late]);
    if (answer === 'timeout') return { killed: true, how: 'timeout' };
    return answer === false ? { killed: true, how: 'check' } : { killed: false };
  } catch {
    return { killed: true, how: 'error' };
  } finally {
    over.abort();
  }
}

/** What the verdicts on some or all mutants of a machine come to. */
export function reportOf(
  machine: string,
  mutants: readonly Mutant[],
  verdicts: readonly Verdict[],
  equivalents: Equivalents = {},
): MutationReport {
  const known = new Set(mutants.map(({ id }) => id));
  // That it took too long says nothing against a reason: on a busy machine anything may.
  const isKilled = ({ id, killed, how }: Verdict) => killed && !(how === 'timeout' && Object.hasOwn(equivalents, id));
  const killedIds = new Set(verdicts.filter(isKilled).map(({ id }) => id));
  const left = verdicts.filter((verdict) => !isKilled(verdict));
  const excused = left.filter(({ id }) => Object.hasOwn(equivalents, id));
  const counted = verdicts.length - excused.length;
  return {
    machine,
    mutants: mutants.length,
    judged: verdicts.length,
    killed: killedIds.size,
    timedOut: verdicts.flatMap(({ id, how }) => (how === 'timeout' ? [id] : [])),
    survivors: left.filter(({ id }) => !Object.hasOwn(equivalents, id)),
    equivalents: excused.map(({ id }) => ({ id, reason: equivalents[id] ?? '' })),
    wrongEquivalents: wrongOf(Object.keys(equivalents), killedIds, known),
    score: counted === 0 ? 100 : (100 * killedIds.size) / counted,
  };
}

function wrongOf(
  ids: readonly string[],
  killed: ReadonlySet<string>,
  known: ReadonlySet<string>,
): MutationReport['wrongEquivalents'] {
  return ids
    .filter((id) => killed.has(id) || !known.has(id))
    .map((id) => ({ id, why: killed.has(id) ? 'killed' : 'unknown' }));
}
