import type { Step } from '../core/index.ts';
import type { Exploration, Input } from './exploration.ts';
import type { Breach, PropertyVerdict } from './properties.ts';

/** One input of a counter-example, and what came of it. */
export interface TraceStep {
  /** Milliseconds from the start. */
  after: number;
  /** What was given; undefined for the start. */
  input: Input | undefined;
  states: readonly string[];
  step: Step;
}

/**
 * A counter-example from the start on, gone through once more; what made the machine throw is left out.
 * @throws Error when it cannot be gone through: of states that `clocks` or `project` took for one, another was meant.
 */
export function traceOf(exploration: Exploration, { transitions }: Pick<Breach, 'transitions'>): TraceStep[] {
  const steps = exploration.replay(transitions.filter(({ result }) => result !== 'failed').map(({ input }) => input));
  const begun = steps[0]?.step.at ?? 0;
  return steps.map(({ input, step }) => ({ after: step.at - begun, input, states: step.states, step }));
}

/** A counter-example to read: a line for each input, with the time from the start and the states that it led to. */
export function printBreach(exploration: Exploration, { property, breach }: PropertyVerdict): string {
  if (!breach) return `${property}: holds`;
  const lines = traceOf(exploration, breach).map(
    ({ after, input, states, step }) =>
      `  ${clock(after)}  ${input ? told(input) : 'start'}  →  ${states.join(', ')}${step.status === 'done' ? ' (end)' : ''}`,
  );
  const [failed] = breach.transitions.filter(({ result }) => result === 'failed');
  if (failed) lines.push(`  ${told(failed.input)}: ${failed.error}`);
  return [`${property}: breached after ${breach.transitions.length} inputs`, ...lines, `  ${breach.says}`].join('\n');
}

/** An input in words. */
export function told(input: Input): string {
  switch (input.type) {
    case 'event':
      return JSON.stringify(input.event);
    case 'answer':
      return `${input.port} answers ${shortened(JSON.stringify(input.answer))}`;
    case 'failure':
      return `${input.port} fails: ${input.throws}`;
    case 'timer':
      return `${input.id} falls due${input.anytime ? ', whenever that is' : ''}`;
    case 'wait':
      return `${clock(input.ms)} pass`;
  }
}

const shortened = (text = 'nothing') => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** `1d 02:03:04.005` */
function clock(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const days = Math.floor(ms / 86_400_000);
  const rest = ms % 1_000;
  const time = [(ms / 3_600_000) % 24, (ms / 60_000) % 60, (ms / 1_000) % 60].map(two).join(':');
  return `${days > 0 ? `${days}d ` : ''}${time}${rest > 0 ? `.${String(rest).padStart(3, '0')}` : ''}`;
}
