import { z } from 'zod';
import { Device, Network } from '../../machines/account.ts';
import { parseDuration } from '../../machines/duration.ts';
import { REFUSAL_CODES } from '../../machines/outcome.ts';

const span = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'expected a time span such as 30s, 45m, 72h or 15d');

/** The host's answers to a port, in order: `{ throws }`, `{ hangs }` or the answer, each with `after` when it takes time. */
const answers = z.array(z.record(z.string(), z.unknown())).min(1);

const pathId = z.string();
const expected = {
  /** The parent's state, the path, the path's state, joined by dots; a prefix is enough. */
  state: z.string().optional(),
  /** At least these paths may be chosen. */
  eligible: z.array(pathId).optional(),
  ineligible: z.record(pathId, z.string()).optional(),
  outcome: z.string().nullable().optional(),
  path: z.string().nullable().optional(),
  reason: z.string().nullable().optional(),
  told: z.string().nullable().optional(),
  risk: z.enum(['low', 'medium', 'high']).optional(),
  /** At least these events are accepted. */
  allowed: z.array(z.string()).optional(),
  /** None of these events is accepted. */
  notAllowed: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  /** Spans until deadlines fall due, by name; null for one that does not run. */
  deadlines: z.record(z.string(), span.nullable()).optional(),
  /** Ports and how often each was called (a repeat with the same key is one call). */
  calls: z.record(z.string(), z.number().int().nonnegative()).optional(),
  /** At least these parts of what the path under way shows. */
  details: z.record(z.string(), z.unknown()).optional(),
  attempts: z.array(z.looseObject({ path: pathId, outcome: z.string() })).optional(),
};
const Expect = z.strictObject({
  ...expected,
  /** What is expected instead under the strict profile. */
  strict: z.strictObject(expected).optional(),
});

const refused = z.enum(REFUSAL_CODES).optional();

/** The kinds of step, each told by its own key. */
export const STEP_KINDS = {
  expect: z.strictObject({ expect: Expect }),
  send: z.strictObject({
    send: z.looseObject({ type: z.string() }),
    refused,
    /** Who sends: `owner`, `contact:k1`, `agent:7`, `staff`; by default whoever the event belongs to. */
    as: z
      .string()
      .regex(/^(owner|staff|contact:.+|agent:.+)$/, 'expected owner, staff, contact:ID or agent:ID')
      .optional(),
  }),
  wait: z.strictObject({ wait: span }),
  restart: z.strictObject({ restart: z.literal(true) }),
  /** The facts of the account change: the next `loadAccount` sees it. */
  account: z.strictObject({ account: z.record(z.string(), z.unknown()) }),
  /** Another start for the account: the same recovery, a refusal, or a new one that the scenario goes on with. */
  start: z.strictObject({
    start: z.strictObject({ device: z.optional(Device) }),
    refused,
    /** Whether the live recovery has to be given. */
    same: z.boolean().optional(),
  }),
} as const;
export type Step = { [K in keyof typeof STEP_KINDS]: z.infer<(typeof STEP_KINDS)[K]> }[keyof typeof STEP_KINDS];

/** A recovery that can be replayed (spec section 6); its steps are checked one by one, each by its kind. */
export const ScenarioHead = z.strictObject({
  title: z.string().min(1),
  /** What a reader should know, in a sentence. */
  about: z.string().optional(),
  now: z.iso.datetime({
    offset: true,
    error: 'expected a real date and time with an offset: 2026-03-02T10:00:00+08:00',
  }),
  account: z.record(z.string(), z.unknown()).default({}),
  device: z._default(Device, { deviceId: 'd1' }),
  network: z._default(Network, { ip: '127.0.0.1' }),
  policy: z.record(z.string(), z.unknown()).default({}),
  profile: z.enum(['source', 'strict']).optional(),
  /**
   * What answers where `ports` says nothing: `agreeable` ports that let everything pass, or the `sandbox` with codes, links
   * and quizzes of its own. Then `$code`, `$link`, `$institution` and `$answer` in an event stand for what the
   * person was sent or remembers.
   */
  world: z.enum(['agreeable', 'sandbox']).default('agreeable'),
  ports: z.record(z.string(), answers).default({}),
  steps: z.array(z.record(z.string(), z.unknown())).min(1),
});
export type Scenario = Omit<z.infer<typeof ScenarioHead>, 'steps'> & { steps: Step[] };
