import pc from 'picocolors';
import { holds } from '../scenario/expect.ts';
import type { Expectation } from '../scenario/run.ts';
import type { TraceEntry } from '../scenario/trace.ts';

const DAY = 10;

/** Prints a trace as it happens: when, what came in, where the recovery then stood. */
export class Timeline {
  #day = '';
  #state = '';

  entry({ at, input, state, refused }: TraceEntry): void {
    const day = at.slice(0, DAY);
    if (day !== this.#day) console.log(pc.dim(`  ${day}`));
    this.#day = day;
    const time = at.slice(DAY + 1).replace(/([+-]\d\d:\d\d|Z)$/, '');
    const moved = state === this.#state ? pc.dim(state) : `${pc.dim('→')} ${pc.cyan(state)}`;
    const what = refused === undefined ? moved : pc.yellow(`refused: ${refused}`);
    console.log(`  ${pc.dim(time.padEnd(12))} ${paint(input).padEnd(34)} ${what}`);
    this.#state = state;
  }

  expectation(expectation: Expectation): void {
    if (!expectation.ok) printFailure(expectation);
  }
}

/** What was expected and what was the case. */
export function printFailure({ step, expected, actual }: Expectation): void {
  for (const [key, value] of Object.entries(expected)) {
    if (holds({ [key]: value }, actual)) continue;
    const found = JSON.stringify(actual[key]);
    console.log(pc.red(`    step ${step}: ${key}: expected ${JSON.stringify(value)}, found ${found}`));
  }
}

function paint(input: string): string {
  if (input.startsWith('timer ')) return pc.magenta(input);
  if (input === 'restart') return pc.bold(pc.blue('restart, from the store'));
  if (/^(answer|notice|failure|dropped) /.test(input)) return pc.dim(input);
  return input;
}
