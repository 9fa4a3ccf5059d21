import fc from 'fast-check';
import { type EventName, events } from '../../../machines/events.ts';
import { type Answered, type Asked, Child, Refused } from './child.ts';
import { Judge } from './judge.ts';
import { Party, type StaffTokens, staffTokens } from './party.ts';
import { type Bearer, eventOf, type OpenApi, type Operation, operationsOf, type Plan, plans } from './requests.ts';

export interface FuzzOptions {
  requests: number;
  seed: number;
  /** How many go on at once, each with recoveries of its own. */
  workers?: number;
  /** Whether the limits are such that they are reached; else they are out of the way. */
  limited?: boolean;
}

export interface FuzzReport {
  requests: number;
  /** By method, route and status. */
  counts: Record<string, number>;
  findings: string[];
  /** The most that the service held, in bytes. */
  memory: number;
}

const MOST_FINDINGS = 20;
const MOST_MEMORY = 700 * 2 ** 20; // bytes
const MEMORY_EVERY = 500; // requests
const CLOCK_EVERY = 150; // requests of the first worker
const AFTER_END = 15; // requests to a recovery that is over
const LIMITS = [
  'STARTS_BY_ACCOUNT',
  'STARTS_BY_DEVICE',
  'STARTS_BY_ADDRESS',
  'EVENTS_BY_RECOVERY',
  'EVENTS_BY_ADDRESS',
];
const limits = (most: Record<string, number>) =>
  Object.fromEntries(LIMITS.map((name) => [`REGAIN_LIMITS_${name}_MOST`, String(most[name] ?? 1_000_000_000)]));
const NARROW = limits({ STARTS_BY_ACCOUNT: 3, STARTS_BY_ADDRESS: 60, EVENTS_BY_RECOVERY: 10 });

/** Sends requests of every kind to the service over HTTP, and says what was answered amiss. The same seed plans the same. */
export async function fuzz({ requests, seed, workers = 8, limited = false }: FuzzOptions): Promise<FuzzReport> {
  const child = await Child.start(limited ? NARROW : limits({}), workers * 4);
  const report: FuzzReport = { requests: 0, counts: {}, findings: [], memory: 0 };
  try {
    const operations = operationsOf(await child.json<OpenApi>({ method: 'GET', path: '/openapi.json' }));
    const shared = {
      child,
      operations,
      judge: new Judge(operations),
      report,
      staff: await staffTokens(child),
      parties: [],
    };
    const share = Math.ceil(requests / workers);
    const all = Array.from({ length: workers }, (_, index) => new Worker(shared, index, seed));
    for (const worker of all) await worker.begin();
    const failed = (error: unknown) => void report.findings.push(`could not go on: ${(error as Error).stack}`);
    await Promise.all(all.map((worker) => worker.work(share).catch(failed)));
    if (child.ended === undefined) await stuck(shared);
  } finally {
    if (child.ended !== undefined) report.findings.push(`the service ended by itself: ${child.ended}`);
    report.findings.push(...child.errors.slice(0, MOST_FINDINGS).map((line) => `logged: ${line}`));
    if (report.memory > MOST_MEMORY) report.findings.push(`the service held ${report.memory} bytes`);
    await child.stop();
  }
  return report;
}

/** No recovery may have met a fault of its machine. */
async function stuck({ child, staff, report }: Shared): Promise<void> {
  const headers = { authorization: `Bearer ${staff.auditor}` };
  const list = await child.json<unknown[]>({ method: 'GET', path: '/v1/recoveries?status=stuck', headers });
  if (list.length > 0) report.findings.push(`${list.length} recoveries are stuck`);
}

interface Shared {
  child: Child;
  operations: readonly Operation[];
  judge: Judge;
  report: FuzzReport;
  staff: StaffTokens;
  /** Of all workers. */
  parties: Party[];
}

interface Sent {
  asked: Asked;
  /** Whose token it has: in what part, at which party's recovery. */
  bearer: Bearer;
  party: Party;
  /** At whose recovery. */
  target: Party;
}

/** Sends one request after the other to two recoveries that nobody else touches. */
class Worker {
  readonly #shared: Shared;
  readonly #index: number;
  readonly #seed: number;
  readonly #plans: fc.Arbitrary<Plan>;
  #count = 0;
  #parties: [Party, Party] | undefined;
  #since = [0, 0];

  constructor(shared: Shared, index: number, seed: number) {
    this.#shared = shared;
    this.#index = index;
    this.#seed = seed;
    this.#plans = plans(shared.operations);
  }

  async begin(): Promise<void> {
    this.#parties = [await this.#party(), await this.#party()];
  }

  async work(requests: number): Promise<void> {
    const { child, report } = this.#shared;
    const failed = (error: unknown) => void report.findings.push(`the clock could not be moved: ${error}`);
    let moved: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < requests && report.findings.length < MOST_FINDINGS && child.ended === undefined; done++) {
      const seed = (this.#seed * 31 + this.#index * 1_000_003 + done) | 0;
      const [plan] = fc.sample(this.#plans, { seed, numRuns: 1 });
      if (plan) await this.#carryOut(plan, seed);
      if (this.#index === 0 && done % CLOCK_EVERY === CLOCK_EVERY - 1) {
        await moved; // it is answered when all is at rest, which may be never before the end
        const body = { advance: `${1 + (done % 6)}m` };
        moved = child.json({ method: 'POST', path: '/sandbox/clock', body }).catch(failed);
      }
      if (done % MEMORY_EVERY === 0) await this.#weigh();
      await this.#renew();
    }
    await moved;
  }

  async #carryOut(plan: Plan, seed: number): Promise<void> {
    const { judge } = this.#shared;
    const sent = await this.#made(plan, seed);
    const { asked, target } = sent;
    const answers = await Promise.all(Array.from({ length: plan.times }, () => this.#send(sent)));
    const given = answers.filter((answer) => answer !== undefined);
    const isEvent = asked.method === 'POST' && judge.operationOf(asked)?.path.endsWith('/events') === true;
    if (!isEvent || !asked.path.startsWith(target.path)) return;
    if (given.some(({ status }) => status === 200)) return this.#taken(asked, given, target);
    if ((await target.versionNow()) === target.version) return;
    if ((await target.entries()).includes('event')) this.#find(asked, given[0], 'was refused, and taken nevertheless');
    await target.settle(); // a timer was due
  }

  async #taken(asked: Asked, answers: Answered[], target: Party): Promise<void> {
    const before = target.version;
    const key = asked.headers?.['idempotency-key'];
    const texts = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
    if (key !== undefined && texts.size > 1) this.#find(asked, answers[0], 'was answered differently under one key');
    await target.settle();
    if (key === undefined && target.version === before) this.#find(asked, answers[0], 'was taken, and changed nothing');
  }

  /** The request that is planned, as the recoveries stand. */
  async #made(plan: Plan, seed: number): Promise<Sent> {
    const { operation, body, method = operation.method } = plan;
    const parties = this.#parties as [Party, Party];
    const target = parties[plan.target];
    const path = plan.path ?? `${operation.path.replace('{recoveryId}', target.recoveryId)}${plan.query}`;
    if (body.kind === 'allowed') {
      const { type, text } = this.#allowed(operation, target, body.pick, seed);
      const bearer = events[type as EventName].from;
      if (body.pick % 5 > 0) {
        const headers = { ...plan.headers, ...target.headersOf(bearer, target) };
        return { asked: { method, path, headers, body: await target.filled(text) }, bearer, party: target, target };
      }
      return this.#made({ ...plan, body: { kind: 'given', text } }, seed);
    }
    const party = parties[plan.party];
    const headers = { ...plan.headers, ...party.headersOf(plan.bearer, plan.device === 0 ? party : parties[0]) };
    const text = body.text === undefined ? undefined : await target.filled(body.text);
    return { asked: { method, path, headers, body: text }, bearer: plan.bearer, party, target };
  }

  /** An event that the recovery takes now. */
  #allowed(operation: Operation, { allowed }: Party, pick: number, seed: number): { type: string; text: string } {
    // A recovery that is cancelled, or a path that is left, shows little: not as often as others.
    const many = allowed.filter((type) => pick % 12 === 0 || !['recovery.cancel', 'path.leave'].includes(type));
    const type = many[pick % Math.max(many.length, 1)] ?? 'path.choose';
    const [event] = fc.sample(eventOf(operation, type), { seed, numRuns: 1 });
    return { type, text: JSON.stringify(event) };
  }

  async #send({ asked, bearer, party }: Sent): Promise<Answered | undefined> {
    const { child, judge, report } = this.#shared;
    report.requests += 1;
    let answered: Answered;
    try {
      answered = await child.ask(asked);
    } catch (error) {
      if (report.findings.length < MOST_FINDINGS) this.#find(asked, undefined, `was not answered: ${error}`);
      return undefined;
    }
    const route = judge.operationOf(asked)?.path ?? '(none)';
    const name = `${asked.method} ${route} ${answered.status}`;
    report.counts[name] = (report.counts[name] ?? 0) + 1;
    for (const wrong of judge.wrongWith(asked, answered, bearer, party)) this.#find(asked, answered, wrong);
    return answered;
  }

  #find({ method, path, headers, body }: Asked, answered: Answered | undefined, what: string): void {
    const answer = answered ? `${answered.status} ${answered.text.slice(0, 400)}` : 'no answer';
    const sent = `${method} ${path} ${JSON.stringify(headers)} ${body?.slice(0, 400) ?? ''}`;
    this.#shared.report.findings.push(`${what}\n    ${sent}\n    ${answer}`);
  }

  async #party(): Promise<Party> {
    const { child, staff, judge, parties } = this.#shared;
    this.#count += 1;
    const party = await Party.begin(child, staff, this.#index, this.#count);
    judge.know(party);
    parties.push(party);
    return party;
  }

  /** Gives a recovery that has been over for a while its successor, on another account. */
  async #renew(): Promise<void> {
    for (const index of [0, 1] as const) {
      const parties = this.#parties as [Party, Party];
      if (parties[index].status === 'active') continue;
      this.#since[index] = (this.#since[index] ?? 0) + 1;
      if ((this.#since[index] ?? 0) < AFTER_END) continue;
      this.#since[index] = 0;
      try {
        parties[index] = await this.#party();
      } catch (error) {
        if (!(error instanceof Refused && error.status === 429)) throw error; // no more may be started
      }
    }
  }

  async #weigh(): Promise<void> {
    const { text } = await this.#shared.child.ask({ method: 'GET', path: '/metrics' });
    const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? 0);
    this.#shared.report.memory = Math.max(this.#shared.report.memory, bytes);
  }
}
