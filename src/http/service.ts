import { performance } from 'node:perf_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtIn, eventsOf, portsOf } from '../../machines/paths.ts';
import { type Policy, policyOf } from '../../machines/policy.ts';
import { recoveryMachine, recoveryMachineOf } from '../../machines/recovery.ts';
import { createHttpPorts } from '../adapters/http-ports.ts';
import { createSandbox } from '../adapters/index.ts';
import type { Recoveries, RecoveriesOptions } from '../host/api.ts';
import { type Clock, clockOf } from '../host/clock.ts';
import { createInspectRelay } from '../inspect/relay.ts';
import { loadPolicy } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';
import { systemReason } from '../system-reason.ts';
import { type App, createApp } from './app.ts';
import { ConfigError, type ServiceConfig } from './config.ts';
import { INSPECTOR, isInspectorOn } from './inspector.ts';
import { type Keeper, openKeeper } from './keeper.ts';
import { RateLimits } from './limits.ts';
import { Listener } from './listen.ts';
import { clockWatch, Metrics } from './metrics.ts';
import { Presenter } from './presenter.ts';
import { SandboxClock } from './sandbox-clock.ts';
import { sandboxKeys, sandboxStaff } from './sandbox-keys.ts';
import { sandboxRoutes } from './sandbox-routes.ts';
import { Streams } from './stream.ts';
import { keySetFile, type StaffKeys, Tokens } from './tokens.ts';

/** A service that listens. */
export interface Service {
  /** Where it listens: `http://127.0.0.1:8787`. */
  url: string;
  recoveries: Recoveries;
  /** Stops taking requests, finishes the steps in flight, and closes the store; what is under way goes on at the next start. */
  stop(): Promise<void>;
}

const CLOCK_LOOK = 10_000; // ms
const CLEAN_UP = 60 * 60 * 1_000; // ms
/** Answers under an idempotency key are kept for as long as a recovery may last. */
const RECEIPTS_KEPT = 30 * 24 * 60 * 60 * 1_000; // ms

/**
 * Runs the engine as a back end: an HTTP service on one SQLite file, on a PostgreSQL database, or in front of Restate.
 * @throws StoreInUse, StoreDamaged, UnusableStore, StoreUnavailable, CannotListen, ConfigError for the keys of the staff, and
 * UnusableFile for the policy or the module of paths.
 */
export async function startService(config: ServiceConfig, log: Logger = loggerOf(config)): Promise<Service> {
  const policy = policyOf(config.policy === undefined ? {} : await loadPolicy(config.policy));
  const paths = await loadPaths(config.paths);
  const keeper = await openKeeper(config, (message) => log.warn({ message }, 'Restate’s SDK warns'));
  try {
    return await running({ keeper, config, policy, paths, log });
  } catch (error) {
    await keeper.kept.close();
    throw error;
  }
}

/** Structured logs, one JSON document a line. Nothing that came in a request is logged but its route. */
export function loggerOf(
  { logLevel }: Pick<ServiceConfig, 'logLevel'>,
  to: DestinationStream = process.stdout,
): Logger {
  // Not pino's own way to standard output: when nobody reads that any more, it keeps a process from ending.
  return pino({ name: 'regain', level: logLevel, redact: ['*.authorization', '*.password', '*.token'] }, to);
}

/** What a service is made of. */
interface Made {
  keeper: Keeper;
  config: ServiceConfig;
  policy: Policy;
  paths: readonly RecoveryPath[];
  log: Logger;
}

/** What differs between a sandbox and production. */
interface Outside extends Pick<RecoveriesOptions, 'ports'> {
  clock: Clock;
  sealingKey: string;
  tokenKeys: { id: string; key: string }[];
  staff: StaffKeys | undefined;
  routes?(app: App, recoveries: Recoveries): void;
}

/** With ports of one's own only the clock and the keys are a sandbox's. */
async function sandboxOutside({ config, keeper: { kept }, policy, paths }: Made): Promise<Outside> {
  const keys = await sandboxKeys(config.restate ? undefined : config.store, kept);
  const clock = await SandboxClock.open(kept);
  const sandbox = createSandbox({ key: keys.sealing, clock: clock.now, policy, codeStore: kept.codes, paths });
  const staff = sandboxStaff(keys, clock.now);
  return {
    ports: config.ports ? createHttpPorts({ ...config.ports, paths }) : sandbox.ports,
    clock,
    sealingKey: keys.sealing,
    tokenKeys: [{ id: 'sandbox', key: keys.token }],
    staff: staff.trusted,
    routes: (app, recoveries) =>
      sandboxRoutes(app, { sandbox, clock, recoveries, ports: portsOf(paths), staffToken: staff.token }),
  };
}

async function productionOutside({ config: { ports, keys, staff }, keeper, paths, log }: Made): Promise<Outside> {
  if (!ports || !keys.sealing || !keys.tokens) throw new TypeError('production needs ports and keys');
  const keySet = staff && keySetFile(staff.keys, (err) => log.error({ err }, 'the keys of the staff cannot be read'));
  await keySet?.().catch((error: unknown) => {
    throw new ConfigError(`staff.keys: ${staff?.keys} is no JSON Web Key Set: ${systemReason(error)}`);
  }); // told now, not at the first token
  return {
    ports: createHttpPorts({ ...ports, paths }),
    clock: clockOf(keeper.kept),
    sealingKey: keys.sealing,
    tokenKeys: keys.tokens,
    staff: staff && keySet && { ...staff, keySet },
  };
}

const relayOptions = ({ mode, inspector: { token, reveal } }: ServiceConfig) => ({
  path: INSPECTOR,
  ...(token === undefined ? {} : { token }),
  reveal: reveal ?? (mode === 'sandbox' ? ('all' as const) : []),
});

async function running(made: Made): Promise<Service> {
  const server = await Listener.open(made.config);
  try {
    return await serving(server, made);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Recoveries of the built-in machine go on with it when paths are added. */
const versionsBefore = (paths: readonly RecoveryPath[]): NonNullable<RecoveriesOptions['versions']> =>
  recoveryMachineOf(paths) === recoveryMachine
    ? {}
    : { [recoveryMachine.version ?? '']: { paths: builtIn, machine: recoveryMachine } };

async function serving(server: Listener, made: Made): Promise<Service> {
  const { config, keeper, policy, paths, log } = made;
  const { name, kept: store, isUnavailable } = keeper;
  const { url } = server;
  log.info({ url, mode: config.mode, store: name }, 'listening');
  const outside = config.mode === 'sandbox' ? await sandboxOutside(made) : await productionOutside(made);
  const { ports, clock, sealingKey, tokenKeys, staff } = outside;
  const metrics = new Metrics(() => store.census(clock.now()));
  const tokens = new Tokens({ keys: tokenKeys, lifetimes: config.tokens, clock, staff });
  const recoveries = await keeper.host({
    ports,
    clock,
    policy,
    paths,
    machine: recoveryMachineOf(paths),
    versions: versionsBefore(paths),
    sealingKey,
    linkTokens: tokens,
    observer: metrics.observer,
    onError: (err) => log.error({ err }, 'something failed beside any request'),
  });
  const streams = new Streams(recoveries, clock, config.streams, (err) => log.error({ err }, 'a stream failed'));
  const events = eventsOf(paths);
  const stopping = new AbortController();
  const app = createApp({
    config,
    recoveries,
    store,
    events,
    clock,
    tokens,
    limits: new RateLimits(store, config.limits, clock),
    metrics,
    presenter: new Presenter(paths, events),
    streams,
    log,
    isUnavailable,
    stopping: stopping.signal,
  });
  outside.routes?.(app, recoveries);

  const watch = clockWatch(
    clockOf(store).now,
    () => performance.now(),
    config.clockJump,
    ({ by, at }) => {
      metrics.clockJumps.inc();
      log.error({ byMs: Math.round(by), at }, 'the clock has jumped: deadlines are judged by it');
    },
  );
  const watching = setInterval(watch, CLOCK_LOOK).unref();
  const cleanUp = () =>
    store
      .forgetReceipts?.(clock.now() - RECEIPTS_KEPT)
      .catch((err: unknown) => log.error({ err }, 'cleaning up failed'));
  void cleanUp();
  const cleaning = setInterval(cleanUp, CLEAN_UP).unref();
  const relay = isInspectorOn(config) ? createInspectRelay(server.server, relayOptions(config)) : undefined;
  server.serve(app.fetch);
  log.info('ready');

  const stop = async () => {
    stopping.abort();
    log.info('stopping');
    clearInterval(watching);
    clearInterval(cleaning);
    streams.close();
    relay?.close();
    await server.close();
    await recoveries.close();
    await store.close();
    log.info('stopped');
  };
  let stopped: Promise<void> | undefined;
  return {
    url,
    recoveries,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
