import type { AnyStateMachine } from 'xstate';
import { policyOf } from '../../../machines/policy.ts';
import { en } from '../../../src/texts/en.ts';
import type { Texts } from '../../../src/texts/texts.ts';
import { zhCn } from '../../../src/texts/zh-cn.ts';
import { PARENT, PATHS } from '../registry.ts';
import type { Locale } from '../texts/bilingual.ts';
import type { ChartDefinition, ChartNode } from './definition.ts';
import { chartOf } from './read-config.ts';

export interface OwnMachine {
  id: string;
  title: Record<Locale, string>;
  machine: AnyStateMachine;
  definition: ChartDefinition;
}

const own = (machine: AnyStateMachine, title: Record<Locale, string>): OwnMachine => ({
  id: machine.id,
  title,
  machine,
  definition: chartOf(machine),
});

/** The parent and the machines of the paths, the parent first. */
export const MACHINES: readonly OwnMachine[] = [
  own(PARENT, { en: 'Recovery', 'zh-CN': '找回' }),
  ...PATHS.map(({ machine, title }) => own(machine, title)),
];

const TEXTS: Record<Locale, Texts> = { en, 'zh-CN': zhCn };
const IDS = new Set(MACHINES.map(({ id }) => id));

/** What the user of one of these machines is told in a state. */
export function stateText({ id }: ChartDefinition, { path }: ChartNode, locale: Locale): string | undefined {
  if (!IDS.has(id) || path.length === 0) return undefined;
  const { states, endings, titles } = TEXTS[locale];
  if (id === PARENT.id) {
    const [first = '', second = ''] = path;
    const title = first === 'verifying' ? (textIn(titles, second) ?? titleOf(second, locale)) : undefined;
    return textIn(states, path.join('.')) ?? title;
  }
  const own = PATHS.find((each) => each.id === id)?.texts?.[locale].states ?? {};
  const name = path.join('.');
  return textIn(states, `verifying.${id}.${name}`) ?? textIn(own, name) ?? textIn(endings, name);
}

const titleOf = (id: string, locale: Locale) => PATHS.find((path) => path.id === id)?.title[locale];

const textIn = (table: Readonly<Record<string, string>>, key: string) =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The chart of one of these machines where another is the same but for what was too deep to be sent. */
export function knownChart(chart: ChartDefinition): ChartDefinition {
  const own = MACHINES.find(({ id }) => id === chart.id)?.definition;
  const keys = ({ root }: ChartDefinition) => root.children.map(({ key }) => key).join(' ');
  return own && own.version === chart.version && keys(own) === keys(chart) ? own : chart;
}

const POLICY = policyOf();
/** Throws for whatever is asked of it but the policy. */
const onlyPolicy = new Proxy<Record<string, unknown>>(
  { policy: POLICY },
  {
    get(target, key) {
      if (key === 'policy') return target.policy;
      throw new TypeError('the delay depends on more than the policy');
    },
  },
);

/** Length in ms of a named delay of one of these machines, where the policy alone says how long it is. */
export function policyDelay(chart: ChartDefinition, name: string): number | undefined {
  const delay: unknown = MACHINES.find(({ definition }) => definition.id === chart.id)?.machine.implementations.delays[
    name
  ];
  if (typeof delay !== 'function') return typeof delay === 'number' ? delay : undefined;
  try {
    const ms: unknown = delay({ context: onlyPolicy, event: onlyPolicy });
    return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}
