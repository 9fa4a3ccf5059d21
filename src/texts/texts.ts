import type { EventName } from '../../machines/events.ts';
import type {
  END_REASONS,
  INELIGIBLE_REASONS,
  OUTCOMES,
  PATH_IDS,
  REFUSAL_REASONS,
  RefusalCode,
} from '../../machines/outcome.ts';
import type { PASSWORD_FAULTS } from '../../machines/password.ts';
import type { endings } from '../../machines/path.ts';
import type { PortOutput } from '../../machines/ports.ts';
import type { zhCn } from './zh-cn.ts';

/** What can go wrong with a request before a recovery is asked. */
export const TRANSPORT_CODES = ['notFound', 'tooLarge', 'notJson', 'unavailable', 'internal'] as const;
/** Why a host refuses what the machines might take. */
export const HOST_REASONS = [
  'versionChanged',
  'idempotencyKeyReused',
  'unknownVersion',
  'notMigrated',
  'tooManyRequests',
] as const;

/** What the machines can say: a language without a text for one of these does not compile. */
export interface Sayings {
  /** By the parent's state, the path, and the path's state, joined by dots. */
  states: Record<string, string>;
  /** States that every path has. */
  endings: Record<keyof ReturnType<typeof endings>, string>;
  titles: Record<(typeof PATH_IDS)[number], string>;
  outcomes: Record<(typeof OUTCOMES)[number], string>;
  /** Why a path is not offered, or why something ended. */
  reasons: Record<(typeof INELIGIBLE_REASONS)[number] | (typeof END_REASONS)[number], string>;
  /** What is told of the last try, beside the reasons. */
  told: Record<string, string>;
  /** Codes of a refusal, where no reason is known. */
  problems: Record<RefusalCode | (typeof TRANSPORT_CODES)[number], string>;
  /** Why an event was refused, beside the reasons. */
  refused: Record<
    (typeof REFUSAL_REASONS)[number] | (typeof PASSWORD_FAULTS)[number] | (typeof HOST_REASONS)[number],
    string
  >;
  /** What someone does who sends the event. */
  events: Record<EventName, string>;
  /** What falls due, by the name of the delay or of the `deadline.*` event. */
  deadlines: Record<string, string>;
  /** Words in the details of a path: faults of a picture, warnings, and that no fee is asked. */
  notes: Record<
    PortOutput<'checkDocument' | 'checkFace'>['faults'][number] | 'glasses' | 'heavyMakeUp' | 'noFeeIsEverAsked',
    string
  >;
  /** In the place of what is not known here, such as the words of a ninth path. */
  other: Record<'state' | 'told' | 'reason' | 'event' | 'deadline', string>;
  /** What goes before an agent's own words, and between two sentences. */
  frame: Record<'agentWrote' | 'betweenSentences', string>;
}

/** The texts of one language: every language has those of the first. */
export type Texts = { readonly [T in keyof typeof zhCn]: Readonly<Record<keyof (typeof zhCn)[T], string>> };
