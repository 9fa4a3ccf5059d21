import { randomUUID } from 'node:crypto';
import { HttpCallError } from '@restatedev/restate-sdk-clients';
import type { PolicyInput } from '../../machines/policy.ts';
import type { EventIn, RecoveryState } from '../../machines/states.ts';
import { keyReused, type StartAnswer, startedIn, viewIn } from '../host/answer.ts';
import {
  type By,
  parsedStart,
  type Recoveries,
  type RecoveriesOptions,
  type RequestOptions,
  type SendOptions,
  type Start,
  type Started,
} from '../host/api.ts';
import { systemClock, type VirtualClock } from '../host/clock.ts';
import type { Changed } from '../host/delivery.ts';
import { HostParts, scopeOf, unknownRecovery } from '../host/parts.ts';
import { checkedPolicy } from '../host/policy.ts';
import { Refusal } from '../host/refusal.ts';
import { Takeover } from '../host/takeover.ts';
import type { RecoveryView } from '../host/view.ts';
import type { ListFilter } from '../store/types.ts';
import { Calls } from './calls.ts';
import type { RestateEndpoint } from './endpoint.ts';
import { hashOf, type Inside, sealed } from './inside.ts';
import { ACCOUNT, keyIn, RECOVERY, START, TEXT } from './names.ts';
import { Index } from './query.ts';
import { places, type SentEvent, type SentStart } from './recovery.ts';
import { receiptKey } from './state.ts';
import { Wakes } from './wakes.ts';

export interface RestateRecoveriesOptions extends Omit<RecoveriesOptions, 'store' | 'sealingKey'> {
  endpoint: RestateEndpoint;
  /** Encrypts events, answers and secrets on their way through Restate; the same in every process. */
  sealingKey: Uint8Array | string;
  /** Keeps apart what shares one Restate: `regain` by default. No slash. */
  namespace?: string;
}

/**
 * Recoveries on Restate: each is a virtual object, each input one of its handlers, each timer a message to itself that Restate
 * delivers in time, each call to a port a durable step. Any number of processes may serve the same namespace.
 *
 * With another clock than the system's, one process serves the namespace, and its clock wakes what is due.
 *
 * @throws VersionError, PolicyError, TypeError and RangeError as `createRecoveries` does; Error when Restate cannot be reached.
 */
export async function createRestateRecoveries(options: RestateRecoveriesOptions): Promise<Recoveries> {
  const host = new RestateHost(options);
  await host.open();
  return host;
}

class RestateHost implements Recoveries {
  readonly #endpoint: RestateEndpoint;
  readonly #namespace: string;
  readonly #parts: HostParts;
  readonly #index: Index;
  readonly #takeover: Takeover;
  readonly #calls: Calls;
  readonly #wakes: Wakes;
  readonly #inside: Inside;
  readonly #listeners = new Set<(changed: Changed) => void>();
  readonly #telling = new Set<Promise<void>>();
  /** Recoveries whose handlers have ended here and may not be written yet. */
  readonly #touched = new Set<string>();
  #entered = 0;
  #closed = false;
  #takenUp: Promise<void> = Promise.resolve();
  readonly #forgetRest: () => void;

  constructor(options: RestateRecoveriesOptions) {
    const { endpoint, namespace = 'regain', trace } = options;
    if (namespace.includes('/')) throw new TypeError('a namespace has no slash');
    this.#endpoint = endpoint;
    this.#namespace = namespace;
    this.#index = new Index(endpoint.query, namespace);
    const load = async (id: string) => (await this.#recovery(id).stand({})) ?? undefined;
    const ledger = async (account: string) => this.#account(account).ledger({});
    this.#parts = new HostParts(options, { load, ledger });
    const { clock, versions, onError } = this.#parts;
    const id = randomUUID();
    this.#takeover = new Takeover({
      versions,
      clock,
      particulars: this.#parts.particulars(),
      onError,
      store: {
        activeVersions: () => this.#index.activeVersions(),
        activeOf: (version) => this.#index.activeOf(version),
        keepStructure: (version, structure) => this.#keepStructure(version, structure),
        // The recovery's own handler migrates it.
        load: async (recoveryId) => {
          await this.#asks((by) => this.#recovery(recoveryId).due({ by }));
          return load(recoveryId);
        },
        commit: async () => 'stale',
      },
    });
    this.#calls = new Calls({
      id,
      parts: this.#parts,
      alone: clock !== systemClock,
      wanted: (each, key) => this.#asks((by) => this.#recovery(each).wanted({ key, by })),
    });
    this.#wakes = new Wakes({
      clock,
      onError,
      due: (recoveryId) => this.#asks((by) => this.#recovery(recoveryId).due({ by })),
    });
    this.#inside = {
      id,
      namespace,
      parts: this.#parts,
      machine: versions.current.machine,
      takeover: this.#takeover,
      wakesByRestate: clock === systemClock,
      trace: (recoveryId) => trace?.(recoveryId),
      ordered: (request) => this.#calls.ordered(request),
      keepOnly: (recoveryId, keys) => this.#calls.keepOnly(recoveryId, keys),
      settled: (recoveryId, key) => this.#calls.settled(recoveryId, key),
      wakeAt: (recoveryId, instant) => this.#wakes.set(recoveryId, instant),
      changed: (changed) => this.#changed(changed),
      begins: (token) => this.#calls.begins(token),
      ends: (token) => this.#calls.ends(token),
      entered: (recoveryId, by) => this.#enter(recoveryId, by),
      carryOut: async (...call) => {
        await this.#takenUp; // then it is known which calls are awaited
        return this.#calls.carryOut(...call);
      },
    };
    this.#forgetRest = 'restFirst' in clock ? (clock as VirtualClock).restFirst(() => this.idle()) : () => {};
  }

  #recovery = (id: string) => this.#endpoint.ingress.objectClient(RECOVERY, keyIn(this.#namespace, id));
  #account = (id: string) => this.#endpoint.ingress.objectClient(ACCOUNT, keyIn(this.#namespace, id));

  get leftUntouched() {
    return this.#takeover.leftUntouched;
  }

  /** Takes up what an earlier process left. */
  async open(): Promise<void> {
    this.#endpoint.hosts.attach(this.#inside);
    try {
      this.#takenUp = this.#takeUp();
      await this.#takenUp;
      if (!this.#inside.wakesByRestate) await this.processDue();
    } catch (error) {
      this.#endpoint.hosts.detach(this.#inside);
      throw error;
    }
  }

  async #takeUp(): Promise<void> {
    await this.#takeover.open();
    if (this.#inside.wakesByRestate) return;
    for (const { id, wakeAt, requests } of await this.#index.toLookAfter()) {
      this.#wakes.set(id, wakeAt);
      if (requests === 0) continue;
      for (const request of await this.#asks((by) => this.#recovery(id).underWay({ by }))) this.#calls.ordered(request);
    }
  }

  async #keepStructure(version: string, structure: string): Promise<string> {
    const text = this.#endpoint.ingress.objectClient(TEXT, keyIn(this.#namespace, `machine/${version}`));
    const kept = await text.get({});
    if (kept !== null && kept !== structure && (await this.#index.activeOf(version)).length > 0) return kept;
    if (kept !== structure) await text.set({ value: structure });
    return structure;
  }

  async start(
    input: Start,
    policy: PolicyInput = this.#parts.policy,
    { idempotencyKey, admit }: RequestOptions = {},
  ): Promise<Started> {
    const start = parsedStart(input);
    const { accountId, device } = start;
    const sent: SentStart = { start, policy: checkedPolicy(policy), id: this.#parts.newId() };
    const text = { sealed: sealed(this.#inside, sent, places.start) };
    const answer = await this.#reached(async (): Promise<StartAnswer> => {
      if (idempotencyKey === undefined) {
        await admit?.();
        return this.#account(accountId).start(text);
      }
      const key = keyIn(this.#namespace, hashOf(idempotencyKey));
      const object = this.#endpoint.ingress.objectClient(START, key);
      if (!(await object.given({}))) await admit?.();
      const digest = this.#parts.sealer.digest({ accountId, device });
      const result = await object.start({ ...text, account: accountId, digest });
      if ('no' in result) throw keyReused();
      return result.answer;
    });
    if ('refusal' in answer) this.#parts.observer.refused?.('conflict');
    return startedIn(answer);
  }

  async send<S extends RecoveryState = RecoveryState>(
    recovery: string | { recoveryId: string; state: S },
    event: EventIn<S>,
    by: By = { role: 'owner' },
    { idempotencyKey: key, ifVersion, admit }: SendOptions = {},
  ): Promise<RecoveryView> {
    const recoveryId = typeof recovery === 'string' ? recovery : recovery.recoveryId;
    const object = this.#recovery(recoveryId);
    try {
      const answer = await this.#reached(async () => {
        const receipt = key === undefined ? undefined : receiptKey(scopeOf(recoveryId, by), key);
        if (receipt === undefined || !(await object.hasReceipt({ receipt }))) await admit?.();
        const sent: SentEvent = { event, by, key, ifVersion };
        const text = sealed(this.#inside, sent, places.event(recoveryId));
        return this.#asks((by) => object.event({ sealed: text, by }));
      });
      if ('no' in answer) throw answer.no === 'unknown' ? unknownRecovery(recoveryId) : keyReused();
      return viewIn(answer.answer);
    } catch (error) {
      if (error instanceof Refusal) this.#parts.observer.refused?.(error.code);
      throw error;
    }
  }

  /** Says what failed in the words of the handler that failed. */
  async #reached<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('this host is closed');
    try {
      return await call();
    } catch (error) {
      throw error instanceof HttpCallError ? new Error(messageIn(error), { cause: error }) : error;
    }
  }

  async get(recoveryId: string, by: By = { role: 'staff' }): Promise<RecoveryView> {
    const stand = await this.#recovery(recoveryId).stand({});
    if (!stand) throw unknownRecovery(recoveryId);
    return this.#parts.view(stand, this.#parts.clock.now(), by);
  }

  async audit(recoveryId: string, after = 0) {
    const entries = await this.#recovery(recoveryId).trail({ after });
    if (!entries) throw unknownRecovery(recoveryId);
    return entries;
  }

  async list(filter: ListFilter = {}) {
    return (await this.#index.list(filter)).map(({ dueAt: _, wakeAt: _w, timers: _t, requests: _r, ...each }) => each);
  }

  onChange(listener: (changed: Changed) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks a recovery's handler: what it did is written when its answer comes. */
  async #asks<T>(ask: (by: string) => PromiseLike<T>): Promise<T> {
    this.#entered += 1;
    try {
      return await ask(this.#inside.id);
    } finally {
      this.#entered -= 1;
    }
  }

  #enter(recoveryId: string, by: string | undefined): () => void {
    this.#entered += 1;
    if (by !== this.#inside.id) this.#touched.add(recoveryId);
    return () => {
      this.#entered -= 1;
    };
  }

  /** A handler has changed a recovery: its listeners are told once that is written. */
  #changed(changed: Changed): void {
    if (this.#listeners.size === 0) return;
    const tell = async () => {
      await this.#recovery(changed.recoveryId).turn({});
      for (const listener of this.#listeners) {
        try {
          listener(changed);
        } catch (error) {
          this.#parts.onError(error);
        }
      }
    };
    const telling = tell()
      .catch((error: unknown) => {
        if (!this.#closed) this.#parts.onError(error);
      })
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  async processDue(): Promise<void> {
    if (!this.#inside.wakesByRestate) return this.#wakes.processDue();
    for (const id of await this.#index.dueBy(this.#parts.clock.now()))
      await this.#asks((by) => this.#recovery(id).due({ by }));
  }

  /** Also waits until Restate has written what ended here. */
  async idle(): Promise<void> {
    const { clock } = this.#parts;
    const parked = () => ('waiting' in clock ? (clock as VirtualClock).waiting : 0);
    for (let calm = 0; calm < 2; ) {
      await new Promise<void>((resolve) => setTimeout(resolve, calm === 0 ? 1 : 0));
      const isBusy =
        this.#entered > 0 || this.#wakes.isBusy || this.#telling.size > 0 || this.#calls.underWay > parked();
      if (isBusy) calm = 0;
      else if (this.#touched.size > 0) await this.#written();
      else calm += 1;
    }
  }

  /** Whatever ended before is written when the next in turn has its turn. */
  async #written(): Promise<void> {
    const ids = [...this.#touched];
    this.#touched.clear();
    await Promise.all(ids.map((id) => this.#recovery(id).turn({})));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#forgetRest();
    this.#calls.close();
    await this.#wakes.close();
    await Promise.allSettled(this.#telling);
    await this.#written().catch(() => {}); // Restate may be gone
    this.#endpoint.hosts.detach(this.#inside);
  }
}

function messageIn({ responseText, message }: HttpCallError): string {
  try {
    return (JSON.parse(responseText) as { message?: string }).message ?? message;
  } catch {
    return message;
  }
}
