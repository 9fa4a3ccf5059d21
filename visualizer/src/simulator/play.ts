import { parseDuration } from '../../../machines/duration.ts';
import { policyOf } from '../../../machines/policy.ts';
import { ledgerEntries, withLedger } from '../../../src/host/ledger.ts';
import { type RecoveryView, viewOf } from '../../../src/host/view.ts';
import { actualOf, type Expected, holds } from '../../../src/scenario/expect.ts';
import type { Scenario, Step } from '../../../src/scenario/schema.ts';
import { createScenarioWorld, type ScenarioWorld, scriptOf } from '../../../src/scenario/world.ts';
import { PATHS } from '../registry.ts';
import type { Simulation } from './simulation.ts';
import { Simulator } from './simulator.ts';
import { type Setting, SUBJECTS, type Subject } from './subject.ts';
import { createWorld } from './world.ts';

/** What had to hold at a step, and what was the case. */
export interface Judgement {
  /** Number of the step, from 1. */
  step: number;
  ok: boolean;
  expected: Record<string, unknown>;
  actual: Record<string, unknown>;
}

/** A scenario that is played back in the page, step by step. */
export class Playback {
  readonly scenario: Scenario;
  readonly judgements: Judgement[] = [];
  readonly #world: ScenarioWorld;
  readonly #setting: Setting;
  /** One for each recovery of the account; the last one goes on. */
  readonly #runs: Simulator[] = [];
  #position = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    const now = () => this.#runs.at(-1)?.simulation.now ?? Date.parse(scenario.now);
    this.#world = createScenarioWorld({ ...scenario, ports: {} }, { now, wait: () => new Promise(() => {}) }, PATHS);
    this.#setting = {
      account: this.#world.account(),
      device: scenario.device,
      network: scenario.network,
      policy: policyOf(scenario.policy, scenario.profile),
      now: now(),
    };
    this.#runs.push(this.#begin(this.#setting, 0));
  }

  /** The recovery that is under way. */
  get simulator(): Simulator {
    return this.#runs.at(-1) as Simulator;
  }
  /** How many steps were played. */
  get position(): number {
    return this.#position;
  }
  get isOver(): boolean {
    return this.#position >= this.scenario.steps.length;
  }

  /** Lets what the start led to be answered. */
  begin(): Promise<void> {
    return this.simulator.begin();
  }

  /** Plays the next step. */
  async next(): Promise<void> {
    const step = this.scenario.steps[this.#position];
    if (!step) return;
    this.#position += 1;
    await this.#play(step);
  }

  async #play(step: Step): Promise<void> {
    if ('expect' in step) return this.#expect(step.expect);
    if ('wait' in step) return this.simulator.advance(parseDuration(step.wait) ?? 0);
    if ('restart' in step) return; // all that is kept is plain JSON already
    if ('account' in step) return this.#world.change(step.account);
    if ('start' in step) return this.#start(step);
    const { simulator } = this;
    await simulator.send(this.#world.filled(step.send, idOf(this.#runs.length - 1)), step.as);
    if (step.refused) this.#judge({ refused: step.refused }, { refused: simulator.simulation.lastRefusal ?? null });
  }

  async #start({ start, refused, same }: Extract<Step, { start: unknown }>): Promise<void> {
    const before = this.simulator;
    const { step } = before.simulation.current;
    const isLive = step.status === 'active' && !step.states.includes('observing');
    const device = start.device ?? this.scenario.device;
    const isOther = isLive && device.deviceId !== before.setting.device.deviceId;
    if (!isLive) {
      const setting = { ...this.#setting, account: this.#world.account(), device, now: before.simulation.now };
      this.#runs.push(this.#begin(setting, this.#runs.length));
      await this.simulator.begin();
    }
    if (refused) this.#judge({ refused }, { refused: isOther ? 'conflict' : null });
    if (same !== undefined) this.#judge({ same }, { same: before === this.simulator });
  }

  #begin(setting: Setting, index: number): Simulator {
    const recoveryId = idOf(index);
    const input = (given: Setting) => ({ ...(parent.input(given) as object), recoveryId });
    const simulator: Simulator = new Simulator({ ...parent, input }, setting, {
      reply: (call, now) => world.reply(call, now),
    });
    const world = createWorld({
      recoveryId,
      account: () => this.#world.account(),
      ports: this.#world.ports,
      script: scriptOf(this.scenario.ports, this.scenario.account, PATHS),
      ledger: (facts) => withLedger(facts, this.#ledger(), recoveryId, setting.policy, simulator.simulation.now),
    });
    return simulator;
  }

  #ledger() {
    return this.#runs.flatMap(({ simulation }, index) =>
      simulation.past.flatMap(({ emitted, at }) =>
        ledgerEntries(emitted, at).map((entry) => ({ ...entry, recoveryId: idOf(index) })),
      ),
    );
  }

  #expect(expect: Extract<Step, { expect: unknown }>['expect']): void {
    const { strict, ...common } = expect;
    const wanted: Expected = this.#setting.policy.profile === 'strict' ? { ...common, ...strict } : common;
    const { simulation, setting } = this.simulator;
    const actual = actualOf(wanted, recoveryView(simulation, setting), simulation.now, this.#calls());
    this.#judge(wanted, actual, holds(wanted, actual));
  }

  /** How often each port was called; what was emitted as a notice goes out through the port `notify`. */
  #calls(): Record<string, number> {
    const calls: Record<string, number> = {};
    for (const { simulation } of this.#runs) {
      for (const [port, count] of Object.entries(simulation.current.made)) calls[port] = (calls[port] ?? 0) + count;
      const notices = simulation.past.flatMap(({ emitted }) => emitted).filter(({ event }) => event.type === 'notice');
      if (notices.length > 0) calls.notify = (calls.notify ?? 0) + notices.length;
    }
    return calls;
  }

  #judge(
    expected: Record<string, unknown>,
    actual: Record<string, unknown>,
    ok = JSON.stringify(expected) === JSON.stringify(actual),
  ): void {
    this.judgements.push({ step: this.#position, ok, expected, actual });
  }
}

const parent = SUBJECTS[0] as Subject;
const idOf = (index: number) => `r${index + 1}`;

/** A simulated recovery as a host would show it. */
export function recoveryView({ machine, current, now }: Simulation, setting: Setting): RecoveryView {
  const { step } = current;
  const record = {
    id: 'r1',
    accountId: setting.account.accountId,
    deviceId: setting.device.deviceId,
    live: step.status === 'active',
    status: step.status,
    state: step.states.join(','),
    version: 1,
    machineVersion: '',
    policyVersion: setting.policy.version,
    snapshot: step.snapshot,
    calls: step.calls,
    createdAt: setting.now,
    updatedAt: now,
  };
  return viewOf(machine, PATHS, record, step.status === 'done' ? [] : step.timers, now);
}
