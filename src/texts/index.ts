import type { RecoveryPath } from '../../machines/path.ts';
import type { RecoveryView } from '../host/view.ts';
import { en } from './en.ts';
import type { Locale } from './locale.ts';
import type { Sayings, Texts } from './texts.ts';
import { zhCn } from './zh-cn.ts';

/** What a person is told, in words. Nothing here needs Node: a front end uses it as well. */
export { LOCALES, type Locale, localeOf } from './locale.ts';
export { TRANSPORT_CODES } from './texts.ts';

const TEXTS: Record<Locale, Texts> = { 'zh-CN': zhCn, en };

/** A view in words: each a short sentence or a label. */
export interface ViewTexts {
  state: string;
  /** Of the last try. */
  told?: string;
  /** How the recovery ended, and why. */
  outcome?: string;
  /** Titles of the paths, by id. */
  paths: Record<string, string>;
  /** Why a path is not offered, by path. */
  ineligible: Record<string, string>;
  /** What the person would do, by type of event. */
  allowed: Record<string, string>;
  /** What falls due, by the name of the deadline. */
  deadlines: Record<string, string>;
  /** Words that occur in `details`: faults of a picture, warnings, that no fee is asked. */
  notes: Record<string, string>;
}

/** What is needed to name a path, and what is its own. */
export type Titled = Pick<RecoveryPath, 'id' | 'title' | 'texts'>;

/** The text under a key that may be anything. */
const textIn = (table: Readonly<Record<string, string>>, key: string) =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** A word of a machine, such as `wrongCode`; what an agent writes is more than one. */
const WORD = /^[a-z][A-Za-z0-9]*$/;

/** A view as it comes over the wire: of a newer version, or with paths that are not known here. */
export type Viewed = Omit<RecoveryView, 'state'> & { state: string };

/**
 * A view in words.
 * @param paths the ways back, where they are not the eight that are built in.
 */
export function textsOf(view: Viewed, locale: Locale, paths: readonly Titled[] = []): ViewTexts {
  const texts = withOwn(locale, paths);
  const titles = titlesOf(texts, locale, paths);
  const { told, output } = view;
  return {
    state: stateText(view.state, texts, titles),
    ...(told === undefined ? {} : { told: toldText(told, texts) }),
    ...(output === undefined ? {} : { outcome: outcomeText(output, texts) }),
    paths: titles,
    ineligible: worded(Object.entries(view.ineligible), (why) => textIn(texts.reasons, why) ?? texts.other.reason),
    allowed: worded(pairs(view.allowed), (type) => textIn(texts.events, type) ?? texts.other.event),
    deadlines: worded(pairs(view.deadlines.map(({ name }) => name)), (name) => deadlineText(name, texts)),
    notes: worded(pairs(wordsIn(view.details ?? {})), (word) => textIn(texts.notes, word)),
  };
}

/** A refusal, or what else can go wrong with a request, in words: its reason's where one is known, else its code's. */
export function problemText(
  code: keyof Sayings['problems'],
  reason: string | undefined,
  locale: Locale,
  paths: readonly Titled[] = [],
): string {
  const { refused, reasons, problems } = withOwn(locale, paths);
  return (reason === undefined ? undefined : (textIn(refused, reason) ?? textIn(reasons, reason))) ?? problems[code];
}

/** The texts of a language with those that paths bring: these add words, and change none that is known. */
function withOwn(locale: Locale, paths: readonly Titled[]): Texts {
  let texts = TEXTS[locale];
  for (const { id, texts: brought } of paths) {
    if (!brought) continue;
    const { states, events, reasons, deadlines } = brought[locale];
    const own = Object.entries(states).map(([name, text]) => [`verifying.${id}.${name}`, text]);
    texts = {
      ...texts,
      states: { ...Object.fromEntries(own), ...texts.states },
      events: { ...events, ...texts.events },
      reasons: { ...reasons, ...texts.reasons },
      deadlines: { ...deadlines, ...texts.deadlines },
    };
  }
  return texts;
}

function titlesOf({ titles }: Texts, locale: Locale, paths: readonly Titled[]): Record<string, string> {
  return paths.length === 0 ? { ...titles } : Object.fromEntries(paths.map(({ id, title }) => [id, title[locale]]));
}

/** The text of the innermost state that has one; a path without texts of its own has its title. */
function stateText(state: string, { states, endings, other }: Texts, titles: Record<string, string>): string {
  const names = (state.split(',')[0] ?? '').split('.');
  const [first = '', path = '', inner = ''] = names;
  for (let depth = names.length; depth > 1; depth--) {
    const text = textIn(states, names.slice(0, depth).join('.'));
    if (text !== undefined) return text;
  }
  const ofPath = first === 'verifying' ? (textIn(endings, inner) ?? textIn(titles, path)) : undefined;
  return ofPath ?? textIn(states, first) ?? other.state;
}

/** What was told: a word of a machine, or what an agent wrote when turning an appeal down. */
function toldText(told: string, { told: words, reasons, other, frame }: Texts): string {
  return textIn(words, told) ?? textIn(reasons, told) ?? (WORD.test(told) ? other.told : frame.agentWrote + told);
}

function outcomeText({ outcome, reason = '' }: NonNullable<RecoveryView['output']>, texts: Texts): string {
  const why = textIn(texts.reasons, reason);
  return texts.outcomes[outcome] + (why === undefined ? '' : texts.frame.betweenSentences + why);
}

/** A deadline of a path is called `path.name`. */
const deadlineText = (name: string, { deadlines, other }: Texts) =>
  textIn(deadlines, name.slice(name.lastIndexOf('.') + 1)) ?? other.deadline;

const wordsIn = (details: Record<string, unknown>) =>
  Object.values(details)
    .flat()
    .filter((value) => typeof value === 'string');

const pairs = (keys: readonly string[]) => keys.map((key) => [key, key] as const);

/** The text of each key's word, without those that have none. */
function worded(
  entries: readonly (readonly [string, string])[],
  textOf: (word: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    entries.flatMap(([key, word]) => {
      const text = textOf(word);
      return text === undefined ? [] : [[key, text]];
    }),
  );
}
