import { stringify } from 'yaml';
import { formatDuration } from '../../machines/duration.ts';
import { events as builtInEvents, type EventRegistry } from '../../machines/events.ts';
import type { RecoveryOutput } from '../../machines/outcome.ts';
import type { Input } from './exploration.ts';
import type { TraceStep } from './trace.ts';

/** What a scenario says beside its steps (spec section 6). */
export interface ScenarioWorld {
  title: string;
  /** Facts of the account that differ from the sandbox's. */
  account?: Record<string, unknown>;
  policy?: Record<string, unknown>;
  device?: { deviceId: string };
}

interface Call {
  key: string;
  port: string;
  at: number;
  said?: Record<string, unknown>;
}

/**
 * A trace of a recovery as a scenario file: YAML for `regain run`. What the ports did becomes its `ports`, what was sent its
 * steps, and how it ended its last `expect`. An answer that came after something else is put off by a second.
 *
 * @param events those that are known: the built-in ones, or `eventsOf(paths)`.
 * @throws RangeError for a trace with a timer that fell due at any moment: it has no instant that a scenario could wait for.
 */
export function scenarioOf(
  trace: readonly TraceStep[],
  world: ScenarioWorld,
  events: EventRegistry = builtInEvents,
): string {
  const [start, ...rest] = trace;
  if (!start) throw new RangeError('a trace has a start');
  const { title, ...about } = world;
  const writer = new Writer(start, events);
  for (const each of rest) writer.add(each);
  const last = (rest.at(-1) ?? start).step;
  const outcome = (last.output as RecoveryOutput | undefined)?.outcome;
  return stringify(
    {
      title,
      now: `${new Date(start.step.at).toISOString().slice(0, 19)}Z`,
      ...about,
      ports: writer.ports(),
      steps: [...writer.steps(), { expect: { state: last.states.join(), ...(outcome ? { outcome } : {}) } }],
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  );
}

/** How long an answer is put off that did not come at once. */
const LATER = 1_000;

class Writer {
  readonly #events: EventRegistry;
  readonly #calls: Call[] = [];
  readonly #steps: Record<string, unknown>[] = [];
  /** Time in the trace, and by how much the scenario is behind it. */
  #now: number;
  #put = 0;
  #waited = 0;
  /** Whether anything was sent or waited for since the call. */
  readonly #passed = new Set<Call>();

  constructor(start: TraceStep, events: EventRegistry) {
    this.#events = events;
    this.#now = start.step.at;
    this.#note(start);
  }

  add(each: TraceStep): void {
    const { input, step } = each;
    if (!input) return;
    const call = this.#answer(input);
    if (input.type === 'timer' && input.anytime) throw new RangeError(`timer '${input.id}' has no instant`);
    if (step.at > this.#now && !call) this.#wait(Math.max(0, step.at - this.#now - this.#put));
    if (step.at > this.#now) this.#put = 0;
    this.#now = step.at;
    if (input.type === 'event') this.#send(input.event, step);
    this.#note(each);
  }

  steps(): Record<string, unknown>[] {
    this.#flush();
    return this.#steps;
  }

  /** What each port did, in the order of its calls; notices are the host's own. */
  ports(): Record<string, unknown[]> {
    const byPort: Record<string, unknown[]> = {};
    for (const { port, said } of this.#calls) {
      if (port === 'notify') continue;
      byPort[port] ??= [];
      byPort[port].push(said ?? { hangs: true });
    }
    return byPort;
  }

  #note({ step }: TraceStep): void {
    for (const call of this.#calls) if (!step.awaited.includes(call.key)) call.said ??= { hangs: true };
    for (const { key, port } of step.requests) this.#calls.push({ key, port, at: this.#now + this.#put });
  }

  #answer(input: Input): Call | undefined {
    if (input.type !== 'answer' && input.type !== 'failure') return undefined;
    const { key } = input;
    const call = this.#calls.find(
      (each) => each.port === input.port && each.said === undefined && (key === undefined || each.key === key),
    );
    if (!call) return undefined;
    const said = input.type === 'failure' ? { throws: input.throws } : ({ ...(input.answer as object) } as const);
    if (!this.#passed.has(call)) {
      call.said = said;
      return call;
    }
    this.#wait(LATER);
    this.#put += LATER;
    call.said = { ...said, after: formatDuration(this.#now + this.#put - call.at) };
    return call;
  }

  #wait(ms: number): void {
    this.#waited += ms;
    for (const call of this.#calls) if (!call.said) this.#passed.add(call);
  }

  #flush(): void {
    if (this.#waited > 0) this.#steps.push({ wait: formatDuration(this.#waited) });
    this.#waited = 0;
  }

  #send(event: { type: string; agentId?: unknown }, { emitted, accepted }: TraceStep['step']): void {
    this.#flush();
    for (const call of this.#calls) if (!call.said) this.#passed.add(call);
    const { agentId, ...sent } = event;
    const refused = accepted ? emitted.find((each) => each.event.type === 'refused')?.event.code : 'notAccepted';
    const isAgent = this.#events[event.type]?.from === 'agent';
    this.#steps.push({
      send: sent,
      ...(isAgent && agentId !== undefined ? { as: `agent:${agentId}` } : {}),
      ...(refused === undefined ? {} : { refused }),
    });
  }
}
