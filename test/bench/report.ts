import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { type Figure, type Goal, type Part, round, type Spread } from './figures.ts';
import { svgOf } from './plot.ts';

const GIB = 2 ** 30;
const LIBRARIES = [
  'xstate',
  'better-sqlite3',
  'kysely',
  'hono',
  '@restatedev/restate-server',
  '@restatedev/xstate',
  'mitata',
];

interface Machine {
  system: string;
  processors: string;
  memory: string;
  node: string;
  versions: Record<string, string>;
  commit: string;
}

function machine(): Machine {
  const [first] = cpus();
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string => {
    const folders = require.resolve.paths(name) ?? [];
    for (const folder of folders) {
      try {
        return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version;
      } catch {}
    }
    return 'unknown';
  };
  return {
    system: `${type()} ${release()}`,
    processors: `${availableParallelism()} × ${first?.model.trim() || 'unknown'}`,
    memory: `${round(totalmem() / GIB)} GiB`,
    node: process.version,
    versions: Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)])),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
}

const spreadText = ({ median, low, high }: Spread) => `${round(median)} (${round(low)} … ${round(high)})`;
const verdict = ({ met }: Goal) => (met ? 'met' : '**not met**');

export function tableOf(part: Part): string {
  const row = ({ name, unit, value, ratio }: Figure) =>
    `| ${name} | ${spreadText(value)} ${unit} | ${ratio ? spreadText(ratio) : ''} |`;
  const goals = part.goals.map((each) => `| ${each.goal} | ${each.figure} | ${verdict(each)} | ${each.reason ?? ''} |`);
  return [
    '| | median (lowest … highest round) | ratio to the first |',
    '|---|---|---|',
    ...part.figures.map(row),
    ...(goals.length === 0 ? [] : ['', '| goal | figure | | why not |', '|---|---|---|---|', ...goals]),
  ].join('\n');
}

/** Writes report.json, report.md and the plots. */
export function writeReport(folder: string, parts: readonly Part[], settings: Record<string, unknown>): void {
  mkdirSync(folder, { recursive: true });
  const about = machine();
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify({ machine: about, settings, parts }, null, 2)}\n`);
  const plots = parts.flatMap((part) => part.plots ?? []);
  for (const plot of plots) writeFileSync(join(folder, `${plot.name}.svg`), svgOf(plot));
  writeFileSync(join(folder, 'report.md'), markdown(parts, about, settings));
}

function markdown(parts: readonly Part[], about: Machine, settings: Record<string, unknown>): string {
  const goals = parts.flatMap((part) => part.goals.map((each) => ({ part, each })));
  const versions = Object.entries(about.versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    '# Benchmarks',
    '',
    'Made by `npm run bench` in one run. Every ratio is to a baseline that ran in turns with it, in the same call; a figure is the ' +
      'median over rounds, with the lowest and the highest round in brackets. Times of other machines differ; the ratios should not, much.',
    '',
    `${about.system}, ${about.processors}, ${about.memory}, Node ${about.node}, ${versions.join(', ')}; commit ${about.commit}.`,
    `Settings: ${JSON.stringify(settings)}.`,
    '',
    `Goals met: ${goals.filter(({ each }) => each.met).length} of ${goals.length}.`,
    '',
    '| part | goal | figure | |',
    '|---|---|---|---|',
    ...goals.map(({ part, each }) => `| ${part.title} | ${each.goal} | ${each.figure} | ${verdict(each)} |`),
  ];
  for (const part of parts) {
    lines.push('', `## ${part.title}`, '', part.about, '', tableOf(part));
    for (const note of part.notes ?? []) lines.push('', note);
    for (const plot of part.plots ?? []) lines.push('', `![${plot.title}](${plot.name}.svg)`);
  }
  const profile = readFileSync(join(import.meta.dirname, 'profile.md'), 'utf8').trim();
  return `${[...lines, '', profile].join('\n')}\n`;
}
