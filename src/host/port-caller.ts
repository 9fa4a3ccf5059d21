import { safeParse } from 'zod';
import type { AccountFacts } from '../../machines/account.ts';
import type { PortRegistry, PortSpec } from '../../machines/own-parts.ts';
import type { PortInput } from '../../machines/ports.ts';
import type { RecoveryContext } from '../../machines/recovery.ts';
import type { AnyPort, PortCall } from '../adapters/ports.ts';
import type { Instant } from '../core/index.ts';
import type { RequestRecord, Store } from '../store/types.ts';
import type { Clock } from './clock.ts';
import { withLedger } from './ledger.ts';
import { evidenceFields, scrubbed, secretFields } from './marks.ts';
import type { Sealer } from './secrets.ts';

/** For a call that nobody waits for, such as a notice, in ms. */
const SENT_TIMEOUT = 30_000;
const NEVER = new Promise<never>(() => {});

/**
 * Makes the tokens by which those who are told of a recovery can answer. The same call gives the same token: `at` is the instant
 * at which the recovery asked for it, however often it is made.
 */
export interface LinkTokens {
  /** Permits to cancel the recovery, and nothing else (R37). */
  cancel(recoveryId: string, at: Instant): Promise<string>;
  /** Permits one contact to confirm or deny. */
  contact(recoveryId: string, contactId: string, at: Instant): Promise<string>;
}

interface PortCallerOptions {
  linkTokens: LinkTokens | undefined;
  store: Pick<Store, 'load' | 'ledger'>;
  ports: Readonly<Record<string, AnyPort>>;
  /** Of every port that the machines know. */
  specs: PortRegistry;
  clock: Clock;
  sealer: Sealer;
}

/** Brings calls from the outbox to the ports and their answers back, checked. */
export class PortCaller {
  readonly #options: PortCallerOptions;

  constructor(options: PortCallerOptions) {
    this.#options = options;
  }

  /** The input of a call as it is written: JSON with its secrets sealed. */
  seal(port: string, input: unknown, recoveryId: string, random?: (size: number) => Buffer): string {
    const fields = secretFields(this.#specOf(port).input);
    return this.#options.sealer.seal(input, fields, placeOf(recoveryId, port), random);
  }

  /** How often a call is made before its machine is told of the failure. */
  triesOf = (port: string): number => this.#specOf(port).tries;

  /** Carries out one call: opens its secrets, asks the port, checks the answer. */
  async call(request: RequestRecord, signal: AbortSignal): Promise<unknown> {
    const { recoveryId, key, path, port, attempt } = request;
    const spec = this.#specOf(port);
    const fields = secretFields(spec.input);
    const input = this.#options.sealer.open(request.input, fields, placeOf(recoveryId, port));
    const limit = request.kind === 'sent' ? this.#limited(signal) : { signal, end: () => {}, over: NEVER };
    const call: PortCall = {
      key: `${recoveryId}/${path === '' ? `recovery${key}` : key}`,
      recoveryId,
      path: path === '' ? 'recovery' : path,
      step: port,
      attempt,
      at: this.#options.clock.now(),
      signal: limit.signal,
      ...(await this.#links(request, input)),
    };
    const carryOut = this.#options.ports[port] as (input: unknown, call: PortCall) => Promise<unknown>;
    const answer = await Promise.race([(async () => carryOut(input, call))(), limit.over])
      .catch((error: unknown) => {
        // Nor may a reference stay behind in a text when it is erased elsewhere.
        throw withoutSecrets(error, input, [...fields, ...evidenceFields(spec.input)]);
      })
      .finally(limit.end);
    const checked = safeParse(spec.output, answer);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw new TypeError(`port '${port}' answered amiss at '${issue?.path.join('.')}': ${issue?.message}`);
    }
    return port === 'loadAccount' ? this.#withLedger(recoveryId, checked.data as AccountFacts) : checked.data;
  }

  /** Nobody else limits a call that nobody waits for: it ends after a while, whether or not the port heeds the signal. */
  #limited(signal: AbortSignal): { signal: AbortSignal; end: () => void; over: Promise<never> } {
    const { clock } = this.#options;
    const limit = new AbortController();
    let end = () => {};
    const over = new Promise<never>((_, reject) => {
      end = clock.at(clock.now() + SENT_TIMEOUT, () => {
        const error = new Error('timed out');
        limit.abort(error);
        reject(error);
      });
    });
    over.catch(() => {}); // it may be over before anybody waits for it
    return { signal: AbortSignal.any([signal, limit.signal]), end, over };
  }

  /** The tokens that go with a call. */
  async #links(
    { recoveryId, port, at }: RequestRecord,
    input: unknown,
  ): Promise<Pick<PortCall, 'cancelToken' | 'contactTokens'>> {
    const { linkTokens } = this.#options;
    if (!linkTokens) return {};
    if (port === 'notify') return { cancelToken: await linkTokens.cancel(recoveryId, at) };
    if (port !== 'requestConfirmation') return {};
    const { contactIds } = input as PortInput<'requestConfirmation'>;
    const tokens = contactIds.map(async (id) => [id, await linkTokens.contact(recoveryId, id, at)] as const);
    return { contactTokens: Object.fromEntries(await Promise.all(tokens)) };
  }

  #specOf(port: string): PortSpec {
    const spec = this.#options.specs[port];
    if (!spec) throw new Error(`there is no port '${port}'; there are ${Object.keys(this.#options.specs).join(', ')}`);
    return spec;
  }

  async #withLedger(recoveryId: string, facts: AccountFacts): Promise<AccountFacts> {
    const loaded = await this.#options.store.load(recoveryId);
    if (!loaded) return facts;
    const { policy } = (loaded.recovery.snapshot as { context: RecoveryContext }).context;
    const entries = await this.#options.store.ledger(facts.accountId);
    return withLedger(facts, entries, recoveryId, policy, this.#options.clock.now());
  }
}

/** Where a sealed secret belongs. */
const placeOf = (recoveryId: string, port: string) => `${recoveryId}/${port}`;

/** A port's error without the secrets that it was given. */
function withoutSecrets(error: unknown, input: unknown, fields: readonly string[]): Error {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return Object.assign(new Error(scrubbed(message, input, fields)), { name });
}
