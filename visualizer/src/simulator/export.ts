import type { Step } from '../../../src/core/index.ts';
import type { Input } from '../../../src/testing/exploration.ts';
import { scenarioOf } from '../../../src/testing/scenario-of.ts';
import type { TraceStep } from '../../../src/testing/trace.ts';
import { EVENTS } from '../registry.ts';
import type { Given, Moment } from './simulation.ts';
import type { Simulator } from './simulator.ts';

/** What a scenario says beside its steps, as it was written. */
export interface About {
  title: string;
  account?: Record<string, unknown>;
  policy?: Record<string, unknown>;
}

/**
 * A run of the parent, up to the moment that is looked at, as a scenario file for `regain run`: what was sent, how time passed,
 * what the ports answered, and how it ended.
 * @throws RangeError for another machine than the parent: a scenario is a whole recovery.
 */
export function scenarioText({ subject, simulation, setting }: Simulator, about: About): string {
  if (subject.kind !== 'recovery') throw new RangeError('a scenario is a whole recovery: run the machine recovery');
  const begun = simulation.past[0]?.at ?? setting.now;
  const trace = simulation.past.flatMap((moment, index, all) => traceSteps(moment, all[index - 1], begun));
  return scenarioOf(trace, { ...about, device: setting.device }, EVENTS);
}

function traceSteps(moment: Moment, before: Moment | undefined, begun: number): TraceStep[] {
  const { at, given, step } = moment;
  const quiet: Step = { ...step, at, requests: [], emitted: [] };
  const entry = (input: Input | undefined, taken: Step): TraceStep => ({
    after: at - begun,
    input,
    states: step.states,
    step: taken,
  });
  const input = inputOf(given);
  if (given.type === 'start') return [entry(undefined, step)];
  if (given.type === 'wait') return [entry(input, quiet)];
  if (moment.refused) {
    const emitted = [{ path: '', event: { type: 'refused', code: moment.refused.code } }];
    return [entry(input, { ...quiet, emitted, accepted: true })];
  }
  const isReply = given.type === 'answer' || given.type === 'failure';
  if (!isReply || !before || before.at === at) return [entry(input, step)];
  // A reply that took its time: first the time.
  const awaited = { ...before.step, at, requests: [], emitted: [] };
  return [entry({ type: 'wait', ms: at - before.at }, awaited), entry(input, step)];
}

function inputOf(given: Given): Input | undefined {
  switch (given.type) {
    case 'start':
      return undefined;
    case 'event':
    case 'timer':
    case 'wait':
      return given;
    case 'answer':
      return { type: 'answer', call: '', port: given.port, key: given.key, answer: given.output };
    case 'failure':
      return { type: 'failure', call: '', port: given.port, key: given.key, throws: given.message };
  }
}
