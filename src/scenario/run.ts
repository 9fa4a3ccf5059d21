import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { parseDuration } from '../../machines/duration.ts';
import type { EventRegistry } from '../../machines/events.ts';
import type { RefusalCode } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { eventsOf } from '../../machines/paths.ts';
import { layered, type Policy, type PolicyInput, policyOf } from '../../machines/policy.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import type { Tracer } from '../core/index.ts';
import type { Recoveries, RecoveriesOptions } from '../host/api.ts';
import { createVirtualClock } from '../host/clock.ts';
import { createRecoveries } from '../host/recoveries.ts';
import { Refusal } from '../host/refusal.ts';
import type { RecoveryView } from '../host/view.ts';
import { openSqlite } from '../store/sqlite.ts';
import type { Store } from '../store/types.ts';
import { actualOf, type Expected, holds } from './expect.ts';
import type { Scenario, Step } from './schema.ts';
import { sender } from './sender.ts';
import { type TraceEntry, TraceReader } from './trace.ts';
import { createScenarioWorld, type ScenarioWorld } from './world.ts';

/** One line of what had to hold. */
export interface Expectation {
  ok: boolean;
  /** Number of the step, from 1. */
  step: number;
  expected: Record<string, unknown>;
  actual: Record<string, unknown>;
}

/** What came of a scenario; `regain run --json` prints it. */
export interface ScenarioResult {
  title: string;
  ok: boolean;
  outcome: string | null;
  path: string | null;
  state: string;
  expectations: Expectation[];
  trace: TraceEntry[];
}

export interface RunOptions {
  /** For scenarios that name none. */
  profile?: Policy['profile'];
  /** Laid under the scenario's own policy: how a policy is tried before it ships. */
  policy?: PolicyInput;
  /** Drops everything in memory between every two steps and goes on from the store. */
  restartBetween?: boolean;
  /** Where the SQLite file is kept; by default in a temporary folder that is removed. */
  file?: string;
  /** Looks on while steps are taken, such as to count coverage: one tracer for each recovery, asked for again at each step. */
  trace?: (recoveryId: string) => Tracer;
  /** Keeps the store in memory, which is faster: a restart drops everything but the store. */
  inMemory?: boolean;
  /** The ways back, where they are not the eight, and another parent than the one over them, for tests of machines. */
  paths?: readonly RecoveryPath[];
  machine?: AnyStateMachine;
  /** Opens another host than the one in this process, on what the last one left: for tests of hosts. */
  open?: (options: Omit<RecoveriesOptions, 'store'>) => Promise<Recoveries>;
  /** Told of what goes wrong beside any caller; by default it is printed. */
  onError?: (error: unknown) => void;
  /** Told of each line of the trace as it happens, and of each expectation. */
  onTrace?: (entry: TraceEntry) => void;
  onExpectation?: (expectation: Expectation) => void;
}

/** Runs a scenario on a virtual clock and a real SQLite file of its own. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<ScenarioResult> {
  const given = options.inMemory ? ':memory:' : options.file;
  const folder = given === undefined ? await mkdtemp(join(tmpdir(), 'regain-')) : undefined;
  const run = new Run(scenario, options, given ?? join(folder ?? '', 'scenario.sqlite'));
  try {
    return await run.run();
  } finally {
    await run.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #file: string;
  readonly #policy: Policy;
  readonly #clock;
  readonly #world: ScenarioWorld;
  readonly #events: EventRegistry;
  readonly #expectations: Expectation[] = [];
  readonly #trace: TraceReader;
  #store: Store | undefined;
  #host: Recoveries | undefined;
  #id = '';
  #ids = 0;

  constructor(scenario: Scenario, options: RunOptions, file: string) {
    this.#scenario = scenario;
    this.#options = options;
    this.#file = file;
    const profile = scenario.profile ?? options.profile;
    this.#policy = policyOf(layered(options.policy ?? {}, scenario.policy), profile);
    this.#clock = createVirtualClock(Date.parse(scenario.now));
    this.#world = createScenarioWorld(scenario, this.#clock, options.paths);
    this.#events = eventsOf(options.paths ?? []);
    this.#trace = new TraceReader(this.#policy.timeZone, options.onTrace);
  }

  async run(): Promise<ScenarioResult> {
    await this.#open();
    this.#id = (await this.#start(this.#scenario.device)).recoveryId;
    await this.#settle();
    for (const [index, step] of this.#scenario.steps.entries()) {
      if (this.#options.restartBetween) await this.#restart();
      await this.#step(step, index + 1);
      if (!('expect' in step)) await this.#settle(); // looking changes nothing
    }
    await this.#trace.read(this.#live(), this.#id); // of a restart before the last look
    const view = await this.#live().get(this.#id);
    return {
      title: this.#scenario.title,
      ok: this.#expectations.every(({ ok }) => ok),
      outcome: view.output?.outcome ?? null,
      path: view.output?.path ?? null,
      state: view.state,
      expectations: this.#expectations,
      trace: this.#trace.entries,
    };
  }

  async stop(): Promise<void> {
    await this.#host?.close();
    await this.#store?.close();
    this.#host = undefined;
    this.#store = undefined;
  }

  async #open(): Promise<void> {
    const { paths, machine = paths && recoveryMachineOf(paths), onError, open } = this.#options;
    const settings = {
      ports: this.#world.ports,
      clock: this.#clock,
      sealingKey: 'the sealing key of a scenario',
      retryDelay: () => 0,
      newId: () => `r${++this.#ids}`,
      ...(this.#options.trace ? { trace: this.#options.trace } : {}),
      ...(paths ? { paths } : {}),
      ...(machine ? { machine } : {}),
      ...(onError ? { onError } : {}),
    };
    if (open) {
      this.#host = await open(settings);
      return;
    }
    this.#store ??= await openSqlite(this.#file, { synchronous: 'NORMAL' });
    this.#host = await createRecoveries({ ...settings, store: this.#store });
  }

  async #restart(): Promise<void> {
    if (this.#options.inMemory) await this.#host?.close();
    else await this.stop();
    await this.#open();
    await this.#live().idle();
  }

  #live(): Recoveries {
    if (!this.#host) throw new Error('the scenario is not running');
    return this.#host;
  }

  #start(device: { deviceId: string }) {
    const { accountId } = this.#world.account();
    return this.#live().start({ accountId, device, network: this.#scenario.network }, this.#policy);
  }

  /** Lets everything come to rest, and reads what the audit trail has gained. */
  async #settle(): Promise<void> {
    await this.#live().idle();
    await this.#trace.read(this.#live(), this.#id);
  }

  async #step(step: Step, number: number): Promise<void> {
    if ('expect' in step) return this.#expect(step.expect, number);
    if ('wait' in step) return this.#clock.advance(parseDuration(step.wait) ?? 0);
    if ('restart' in step) return this.#restarted();
    if ('account' in step) return this.#world.change(step.account);
    if ('start' in step) return this.#startAgain(step, number);
    const code = await this.#refusalOf(async () => {
      const { by, event } = sender(this.#world.filled(step.send, this.#id), step.as, this.#events);
      await this.#live().send(this.#id, event, by);
    });
    if (!step.refused) return;
    await this.#settle();
    this.#judge(number, { refused: step.refused }, { refused: code });
  }

  async #restarted(): Promise<void> {
    await this.#restart();
    this.#trace.note(this.#clock.now(), 'restart', (await this.#live().get(this.#id)).state);
  }

  async #startAgain(step: Extract<Step, { start: unknown }>, number: number): Promise<void> {
    const before = this.#id;
    const code = await this.#refusalOf(async () => {
      this.#id = (await this.#start(step.start.device ?? this.#scenario.device)).recoveryId;
    });
    await this.#settle();
    if (step.refused) this.#judge(number, { refused: step.refused }, { refused: code });
    if (step.same !== undefined) this.#judge(number, { same: step.same }, { same: this.#id === before });
  }

  async #refusalOf(act: () => Promise<void>): Promise<RefusalCode | null> {
    try {
      await act();
      return null;
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }

  async #expect(expect: Extract<Step, { expect: unknown }>['expect'], number: number): Promise<void> {
    const { strict, ...common } = expect;
    const wanted: Expected = this.#policy.profile === 'strict' ? { ...common, ...strict } : common;
    const view: RecoveryView = await this.#live().get(this.#id);
    const actual = actualOf(wanted, view, this.#clock.now(), this.#world.calls());
    this.#judge(number, wanted, actual, holds(wanted, actual));
  }

  #judge(
    step: number,
    expected: Record<string, unknown>,
    actual: Record<string, unknown>,
    ok = JSON.stringify(expected) === JSON.stringify(actual),
  ): void {
    const expectation = { ok, step, expected, actual };
    this.#expectations.push(expectation);
    this.#options.onExpectation?.(expectation);
  }
}
