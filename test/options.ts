import { parseArgs } from 'node:util';

/** A long script: what it does, and what it takes on its command line. */
export interface Script<Whole extends string, Text extends string, Flag extends string> {
  /** As `npm run` knows it. */
  name: string;
  does: string;
  /** Whole numbers from 1, each with its default. */
  wholes?: Readonly<Record<Whole, number>>;
  texts?: readonly Text[];
  flags?: readonly Flag[];
  /** Names of its parts: any piece of one asks for that part. All are done when none is asked for. */
  parts?: readonly string[];
  /** Whether parts are asked for with `--only`, being sentences, and not by themselves. */
  only?: boolean;
}

/** `chosen` are the parts to be done, in their order. */
type Options<Whole extends string, Text extends string, Flag extends string> = Record<Whole, number> &
  Partial<Record<Text, string>> &
  Record<Flag, boolean> & { chosen: string[] };

/** A command line that asks for nothing that there is. */
export class Misused extends Error {}

/**
 * The options of a script. Prints its usage and ends the process when that is asked for; says in one line what cannot be used, and
 * exits 2: a campaign of `NaN` kills would pass, or never end.
 */
export function optionsOf<Whole extends string = never, Text extends string = never, Flag extends string = never>(
  script: Script<Whole, Text, Flag>,
): Options<Whole, Text, Flag> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(`${script.does}\n${usageOf(script)}`);
    process.exit(0);
  }
  try {
    return optionsIn(args, script);
  } catch (error) {
    if (!(error instanceof Misused)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

/** @throws Misused */
export function optionsIn<Whole extends string = never, Text extends string = never, Flag extends string = never>(
  args: string[],
  script: Script<Whole, Text, Flag>,
): Options<Whole, Text, Flag> {
  const { wholes = {}, texts = [], flags = [], parts = [], only = false } = script;
  const taken = [...Object.keys(wholes), ...texts, ...(only ? ['only'] : [])];
  const options = Object.fromEntries([
    ...taken.map((name) => [name, { type: 'string' as const }]),
    ...flags.map((name) => [name, { type: 'boolean' as const, default: false }]),
  ]);
  const { values, positionals } = parsed(args, options, script);
  const numbers = Object.entries<number>(wholes).map(([name, usual]) => [name, wholeOf(name, values[name], usual)]);
  const asked = values.only === undefined ? positionals : [String(values.only)];
  const unknown = asked.find((piece) => !parts.some((part) => part.includes(piece)));
  if (unknown !== undefined)
    throw new Misused(parts.length === 0 ? `'${unknown}' is too much; ${usageOf(script)}` : noPart(unknown, parts));
  const chosen = parts.filter((part) => asked.length === 0 || asked.some((piece) => part.includes(piece)));
  return { ...values, ...Object.fromEntries(numbers), chosen } as Options<Whole, Text, Flag>;
}

function parsed(
  args: string[],
  options: Record<string, { type: 'string' | 'boolean' }>,
  script: Script<string, string, string>,
) {
  try {
    return parseArgs({ args, options, allowPositionals: !script.only });
  } catch (error) {
    const [what = ''] = (error as Error).message.split(/[.\n]/);
    throw new Misused(`${what}; ${usageOf(script)}`);
  }
}

function wholeOf(name: string, text: unknown, usual: number): number {
  if (text === undefined) return usual;
  const whole = /^\d+$/.test(String(text)) ? Number(text) : 0;
  if (whole < 1 || !Number.isSafeInteger(whole))
    throw new Misused(`--${name} takes a whole number from 1, such as ${usual}, not '${text}'`);
  return whole;
}

const noPart = (unknown: string, parts: readonly string[]) =>
  `there is no part '${unknown}'; there are ${parts.map((part) => `'${part}'`).join(', ')}`;

function usageOf({ name, wholes = {}, texts = [], flags = [], parts, only }: Script<string, string, string>): string {
  const options = [
    ...Object.entries(wholes).map(([whole, usual]) => `--${whole} ${usual}`),
    ...texts.map((text) => `--${text} …`),
    ...flags.map((flag) => `--${flag}`),
    ...(parts ? [only ? '--only PART' : 'PART …'] : []),
  ];
  return `usage: npm run ${name} -- ${options.map((each) => `[${each}]`).join(' ')}${parts ? ` (${parts.join(', ')})` : ''}`;
}
