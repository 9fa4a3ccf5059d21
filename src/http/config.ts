import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { duration } from '../../machines/duration.ts';
import { hint } from '../adapters/nearest.ts';
import { issueText } from '../issues.ts';
import { PostgresConfig } from '../store/postgres/config.ts';
import { systemReason } from '../system-reason.ts';

const KEY = 32; // characters, as base64 of 24 bytes has

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

const limit = (most: number, span: string) =>
  z.strictObject({ most: z.int().positive().default(most), span: z.prefault(duration(), span) }).prefault({});

/** How a service is run. Spans of time may be written `30s`; in the parsed configuration they are ms. */
export const ServiceConfig = z
  .strictObject({
    /** In `sandbox` mode the outside world is simulated, and `/sandbox` moves the clock. Never for real accounts. */
    mode: z.enum(['sandbox', 'production']).default('production'),
    host: z.string().min(1).default('127.0.0.1'),
    /** 0 takes a free one. */
    port: z.int().min(0).max(65_535).default(8787),
    /** Path of the SQLite file, or the address of a PostgreSQL database: `postgres://…`. */
    store: z.string().min(1).default('regain.sqlite'),
    synchronous: z.enum(['FULL', 'NORMAL']).default('FULL'),
    /** How a PostgreSQL database is used. */
    postgres: PostgresConfig.omit({ url: true }).prefault({}),
    /** Restate, which keeps all in place of a store. */
    restate: z
      .strictObject({
        /** Where it takes requests: `http://127.0.0.1:8080`. */
        ingress: z.url(),
        /** Where it is administered and asked: `http://127.0.0.1:9070`. */
        admin: z.url(),
        /** Where this process listens for it. */
        listen: z
          .strictObject({
            host: z.string().min(1).default('127.0.0.1'),
            port: z.int().min(0).max(65_535).default(9080),
          })
          .prefault({}),
        /** Where it finds the processes of the namespace; by default where this one listens. */
        advertised: z.url().optional(),
        /** Keeps apart what shares one Restate. */
        namespace: z
          .string()
          .regex(/^[^/]+$/, 'expected no slash')
          .default('regain'),
        /** Public keys of the servers that may call; without them whoever reaches the port may. */
        identityKeys: z.array(z.string().min(1)).optional(),
      })
      .optional(),
    /** Whether the whole file is looked through for damage at the start. */
    checkStore: z.boolean().default(true),
    /** A policy file; the defaults of `source` without one. */
    policy: z.string().min(1).optional(),
    /** A JavaScript file that brings paths of one's own: its default export is a `RecoveryPath`, or a list of them. */
    paths: z.string().min(1).optional(),
    keys: z
      .strictObject({
        /** Encrypts secrets that wait in the outbox, and keys the digests of requests. */
        sealing: z.string().min(KEY).optional(),
        /** Sign the service's own tokens: the first one signs, all are accepted; each has an id. */
        tokens: z
          .array(z.strictObject({ id: z.string().min(1).max(64), key: z.string().min(KEY) }))
          .min(1)
          .optional(),
      })
      .prefault({}),
    /** Whose tokens of agents and institution staff are accepted; without it nobody's. */
    staff: z
      .strictObject({
        /** Path of a JSON Web Key Set with the public keys; it is read again when it changes. */
        keys: z.string().min(1),
        issuer: z.string().min(1),
        audience: z.string().min(1).default('regain'),
        /** Tokens issued longer ago are refused, whatever they say. */
        oldest: z.prefault(duration(), '12h'),
      })
      .optional(),
    /** Where the ports are: each call is a POST to `url/port`. Needed in production. */
    ports: z.strictObject({ url: z.url(), secret: z.string().min(KEY) }).optional(),
    tokens: z
      .strictObject({
        /** Longer than a recovery may last with an appeal or an observation: a lost token is not given again. */
        owner: z.prefault(duration(), '60d'),
        contact: z.prefault(duration(), '24h'),
        cancel: z.prefault(duration(), '30d'),
      })
      .prefault({}),
    /** Posts that are taken, by whom or what they come from. */
    limits: z
      .strictObject({
        startsByAccount: limit(10, '1h'),
        startsByDevice: limit(20, '1h'),
        startsByAddress: limit(60, '1h'),
        eventsByRecovery: limit(120, '1m'),
        eventsByAddress: limit(1_200, '1m'),
      })
      .prefault({}),
    /** Proxies in front whose `X-Forwarded-For` is believed. */
    trustedProxies: z.int().nonnegative().default(0),
    /** Bytes of a request's body. */
    bodyLimit: z
      .int()
      .positive()
      .default(64 * 1_024),
    requestTimeout: z.prefault(duration(), '30s'),
    /** Streams that are open at once. */
    streams: z.int().positive().default(1_000),
    /** Bearer token for `/metrics`; without it only this machine may read them. */
    metricsToken: z.string().min(KEY).optional(),
    /** The page `/inspector`, for whoever is on this machine. */
    inspector: z
      .strictObject({
        /** Without it: on in a sandbox, off in production. */
        on: z.boolean().optional(),
        /** What programs that are inspected, and pages, have to come with; needed in production. */
        token: z.string().min(KEY).optional(),
        /** Keys of contexts and events whose values may be shown. Without it: all in a sandbox, none in production. */
        reveal: z.array(z.string().min(1)).optional(),
      })
      .prefault({}),
    /** Jump of the machine's clock that raises an alarm. */
    clockJump: z.prefault(duration(), '1m'),
    logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  })
  .superRefine(({ mode, host, keys, ports, inspector }, ctx) => {
    const need = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message });
    const ids = keys.tokens?.map(({ id }) => id) ?? [];
    if (new Set(ids).size < ids.length) need(['keys', 'tokens'], 'each needs an id of its own');
    if (mode === 'sandbox') {
      if (!LOOPBACK.test(host)) need(['host'], 'a sandbox gives whoever reaches it all rights: expected 127.0.0.1');
      return;
    }
    if (!keys.sealing)
      need(['keys', 'sealing'], `needed in production: ${KEY} characters or more, kept out of the store`);
    if (!keys.tokens) need(['keys', 'tokens'], 'needed in production: a list of { id, key }');
    if (inspector.on && !inspector.token)
      need(['inspector', 'token'], `needed in production: ${KEY} characters or more`);
    if (!ports) need(['ports'], 'needed in production: { url, secret } of your ports');
  });
export type ServiceConfig = z.infer<typeof ServiceConfig>;
export type ServiceConfigInput = z.input<typeof ServiceConfig>;

/** A configuration that cannot be used; the message names each field and where it came from. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Plain = Record<string, unknown>;
interface Def {
  innerType?: z.core.$ZodType;
}
const PREFIX = 'REGAIN_';
/** Variables of the environment that are not settings. */
const OTHERS = ['REGAIN_CONFIG', 'REGAIN_FAULT', 'REGAIN_FAULT_LOG'];

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = schema._zod.def as Def;
  return innerType ? unwrapped(innerType) : schema;
}

/** Names of the environment's variables with the places they stand for: `REGAIN_KEYS_SEALING` is `keys.sealing`. */
function places(
  schema: z.core.$ZodType,
  path: string[] = [],
): [name: string, path: string[], schema: z.core.$ZodType][] {
  const inner = unwrapped(schema);
  if (inner instanceof z.core.$ZodObject) {
    return Object.entries(inner._zod.def.shape).flatMap(([key, field]) =>
      places(field as z.core.$ZodType, [...path, key]),
    );
  }
  const name = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_');
  return [[PREFIX + name, path, inner]];
}

function settingOf(text: string, schema: z.core.$ZodType): unknown {
  if (schema instanceof z.core.$ZodString || schema instanceof z.core.$ZodEnum) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a span of time, or what the schema will refuse
  }
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The settings with one more, at its place; where there is none for it, the schema will say so. */
function withSetting(settings: Plain, [key = '', ...rest]: string[], value: unknown): Plain {
  if (rest.length === 0) return { ...settings, [key]: value };
  const inner = settings[key] ?? {};
  return isPlain(inner) ? { ...settings, [key]: withSetting(inner, rest, value) } : settings;
}

/**
 * The configuration of a service: a YAML or JSON file, and over it the environment (`REGAIN_PORT`, `REGAIN_KEYS_SEALING`,
 * …; lists as JSON).
 * @param file by default the one that `REGAIN_CONFIG` names, if it does.
 * @throws ConfigError
 */
export async function loadConfig(
  env: Record<string, string | undefined> = process.env,
  file: string | undefined = env.REGAIN_CONFIG,
  over: Plain = {},
): Promise<ServiceConfig> {
  let settings: Plain = file === undefined ? {} : await readSettings(file);
  const known = places(ServiceConfig);
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || OTHERS.includes(name) || text === undefined) continue;
    const place = known.find(([variable]) => variable === name);
    if (!place)
      throw new ConfigError(
        `${name} is no setting${hint(
          name,
          known.map(([each]) => each),
        )}`,
      );
    settings = withSetting(settings, place[1], settingOf(text, place[2]));
  }
  if (over.mode === 'sandbox' && settings.mode === 'production') {
    throw new ConfigError('this configuration is for production: it is not started as a sandbox');
  }
  const result = ServiceConfig.safeParse({ ...settings, ...over });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issueText(issue)}`);
  throw new ConfigError(`the configuration${file ? ` in ${file}` : ''} cannot be used:\n${lines.join('\n')}`);
}

async function readSettings(file: string): Promise<Plain> {
  let settings: unknown;
  try {
    settings = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${systemReason(error)}`);
  }
  if (!isPlain(settings)) throw new ConfigError(`${file} holds no settings`);
  return settings;
}
