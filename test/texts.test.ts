import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { events } from '../machines/events.ts';
import {
  END_REASONS,
  INELIGIBLE_REASONS,
  OUTCOMES,
  REFUSAL_CODES,
  REFUSAL_REASONS,
  type RecoveryOutput,
} from '../machines/outcome.ts';
import { PASSWORD_FAULTS } from '../machines/password.ts';
import { endings } from '../machines/path.ts';
import { paths } from '../machines/paths.ts';
import { policyOf } from '../machines/policy.ts';
import { ports } from '../machines/ports.ts';
import { recoveryMachine } from '../machines/recovery.ts';
import type { PasswordAnswer } from '../src/adapters/passwords.ts';
import { createSandbox } from '../src/adapters/sandbox.ts';
import { createVirtualClock } from '../src/host/clock.ts';
import { createRecoveries } from '../src/host/recoveries.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { en } from '../src/texts/en.ts';
import {
  LOCALES,
  localeOf,
  problemText,
  type Titled,
  TRANSPORT_CODES,
  textsOf,
  type Viewed,
} from '../src/texts/index.ts';
import { HOST_REASONS } from '../src/texts/texts.ts';
import { zhCn } from '../src/texts/zh-cn.ts';

const languages = { 'zh-CN': zhCn, en };
const sorted = (words: Iterable<string>) => [...new Set(words)].sort();
const read = (folder: string) =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, folder, name), 'utf8'))
    .join('\n');

interface Action {
  type: string;
  params?: Record<string, string>;
}

function* below(node: AnyStateNode): Generator<AnyStateNode> {
  for (const state of Object.values(node.states)) {
    yield state;
    yield* below(state);
  }
}

/** Every state, as a view names it. */
const nodes = [
  ...[...below(recoveryMachine.root)].map((node) => ({ name: node.path.join('.'), node })),
  ...paths.flatMap(({ id, machine }) =>
    [...below(machine.root)].map((node) => ({ name: ['verifying', id, ...node.path].join('.'), node })),
  ),
];
const roots = [recoveryMachine, ...paths.map(({ machine }) => machine)].map(({ root }) => root);

const transitions = [...roots, ...nodes.map(({ node }) => node)].flatMap((node) => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]);
const actions = [
  ...transitions.flatMap((transition) => transition.actions),
  ...nodes.flatMap(({ node }) => [...node.entry, ...node.exit]),
] as (string | Action)[];
const paramsOf = (name: string, ...types: string[]) =>
  actions.flatMap((action) => {
    if (typeof action === 'string' || (types.length > 0 && !types.includes(action.type))) return [];
    const value = action.params?.[name];
    return value === undefined ? [] : [value];
  });

const machineSources = read('../machines');
const REASONS = [...INELIGIBLE_REASONS, ...END_REASONS] as readonly string[];

/** Words that a source gives after a name, such as `told: 'wrongCode'`. */
const wordsAfter = (source: string, name: string) =>
  [...source.matchAll(new RegExp(`\\b${name}: ([^,}\\n]*)`, 'g'))].flatMap(([, value = '']) =>
    [...value.matchAll(/'(\w+)'/g)].flatMap(([, word]) => word ?? []),
  );

type PasswordReason = Extract<PasswordAnswer, { ok: false }>['reason'];
const PASSWORD_REASONS = { reused: true, blocklisted: true } satisfies Record<PasswordReason, true>;

describe.each(LOCALES)('%s has a text', (locale) => {
  const texts = languages[locale];

  test('for every state of the parent and of each path, and for no other', () => {
    const shared = Object.keys(endings(''));
    const own = nodes.filter(({ name, node }) => {
      const [, path, inner] = name.split('.');
      const isPath = paths.some(({ id }) => id === path);
      return !isPath || (inner !== undefined && !(node.path.length === 1 && shared.includes(inner)));
    });
    expect(sorted(Object.keys(texts.states))).toEqual(sorted(own.map(({ name }) => name)));
    expect(sorted(Object.keys(texts.endings))).toEqual(sorted(shared));
  });

  test('for every state, looked up in a view', () => {
    for (const { name } of nodes) {
      const { state } = textsOf({ ...view, state: name }, locale);
      const path = /^verifying\.(\w+)$/.exec(name)?.[1];
      const title = paths.find(({ id }) => id === path)?.title[locale];
      const last = name.split('.').at(-1) as keyof typeof texts.endings;
      const known = texts.states as Record<string, string>;
      expect(state, name).toBe(known[name] ?? title ?? texts.endings[last]);
    }
  });

  test('for every path: its title in the registry', () => {
    expect(texts.titles).toEqual(Object.fromEntries(paths.map(({ id, title }) => [id, title[locale]])));
  });

  test('for every reason for which a path is not offered or something ends', () => {
    expect(sorted(Object.keys(texts.reasons))).toEqual(sorted(REASONS));
    expect(paramsOf('reason', 'end').filter((reason) => !REASONS.includes(reason))).toEqual([]);
  });

  test('for every outcome', () => {
    expect(sorted(Object.keys(texts.outcomes))).toEqual(sorted(OUTCOMES));
    expect(paramsOf('outcome', 'end').filter((outcome) => !OUTCOMES.some((each) => each === outcome))).toEqual([]);
  });

  test('for everything that is told of the last try', () => {
    const bank = ports.verifyBankCard.output.shape.status.options.filter((status) => status !== 'verified');
    const told = [
      ...paramsOf('told'),
      ...wordsAfter(machineSources, 'told'),
      ...bank,
      ...Object.keys(PASSWORD_REASONS),
    ].filter((word) => !REASONS.includes(word));
    expect(paramsOf('told').length).toBeGreaterThan(5);
    expect(sorted(Object.keys(texts.told))).toEqual(sorted(told));
  });

  test('for every code of a refusal and every reason', () => {
    expect(sorted(Object.keys(texts.problems))).toEqual(sorted([...REFUSAL_CODES, ...TRANSPORT_CODES]));
    const scanned = wordsAfter(read('../src/host') + read('../src/http'), 'reason');
    expect(scanned.length).toBeGreaterThan(2);
    const host: readonly string[] = HOST_REASONS;
    expect(scanned.filter((word) => word !== 'reason' && !host.includes(word))).toEqual([]);
    expect(sorted(Object.keys(texts.refused))).toEqual(sorted([...REFUSAL_REASONS, ...PASSWORD_FAULTS, ...host]));
    const given = [...paramsOf('reason', 'refuse'), ...REFUSAL_REASONS, ...PASSWORD_FAULTS, ...REASONS, ...host];
    for (const reason of given) {
      for (const code of REFUSAL_CODES) {
        expect(problemText(code, reason, locale), reason).not.toBe(texts.problems[code]);
        expect(problemText(code, 'aNewOne', locale)).toBe(texts.problems[code]);
      }
    }
  });

  test('for every event', () => {
    expect(sorted(Object.keys(texts.events))).toEqual(sorted(Object.keys(events)));
  });

  test('for every deadline', () => {
    const all = [...roots, ...nodes.map(({ node }) => node)];
    const delays = all.flatMap((node) => node.after.map(({ delay }) => String(delay)));
    const spans = all.flatMap((node) =>
      [...node.transitions.keys()].flatMap((type) => (/^deadline\./.test(type) ? type.slice('deadline.'.length) : [])),
    );
    expect(spans.length).toBeGreaterThan(5);
    expect(sorted(Object.keys(texts.deadlines))).toEqual(sorted([...delays, ...spans]));
  });

  test('for every fault of a picture', () => {
    const { checkDocument, checkFace } = ports;
    const faults = [checkDocument, checkFace].flatMap(
      ({ output }) => output.shape.faults.def.innerType.def.element.options,
    );
    expect(Object.keys(texts.notes)).toEqual(expect.arrayContaining(faults));
  });
});

test('a front end can use them: at run time they import nothing but each other', () => {
  const imports = [...read('../src/texts').matchAll(/^(?:import|export) (?!type)[^;]*? from '([^']+)'/gm)];
  expect(imports.length).toBeGreaterThan(3);
  expect(imports.map(([, from]) => from).filter((from) => !from?.startsWith('./'))).toEqual([]);
});

test('the reasons listed are given by the charts', () => {
  const charts = machineSources.replace(readFileSync(join(import.meta.dirname, '../machines/outcome.ts'), 'utf8'), '');
  for (const reason of [...REFUSAL_REASONS, ...REASONS]) expect(charts, reason).toContain(`'${reason}'`);
});

describe.each(LOCALES)('every text of %s', (locale) => {
  const { frame: _, ...tables } = languages[locale];
  const all = Object.values(tables).flatMap((table) => Object.entries(table));

  test('is short, and in its language', () => {
    for (const [key, text] of all) {
      expect(text.trim(), key).toBe(text);
      expect(text, key).not.toBe('');
      expect(text.length, `${key}: ${text}`).toBeLessThanOrEqual(locale === 'en' ? 130 : 60);
      if (locale === 'en') expect(text, key).not.toMatch(/\p{Script=Han}|[，。：；！]/u);
      else expect(text.replace('95017', ''), key).not.toMatch(/[A-Za-z]|[,;:!?]/);
    }
  });

  test('repeats no figure but the number to call and the time of the call back', () => {
    for (const [key, text] of all) {
      const rest = text.replaceAll('95017', '');
      expect(key.startsWith('verifying.appeal.') ? rest.replace(/72 (hours|小时)/, '') : rest, key).not.toMatch(/\d/);
    }
    expect(policyOf().appeal.callBackWithin).toBe(72 * 3_600_000);
  });
});

test('the texts of the appeal: no fee, and a call from 95017 within 72 hours', () => {
  for (const state of ['filing.awaiting', 'queued'].map((name) => `verifying.appeal.${name}`)) {
    expect(textsOf({ ...view, state }, 'zh-CN').state).toMatch(/72 小时内.*95017|95017.*72 小时内/);
    expect(textsOf({ ...view, state }, 'en').state).toMatch(/95017.*within 72 hours/);
  }
  for (const inner of [
    'filing.awaiting',
    'queued',
    'callingBack',
    'reviewing',
    'awaitingSupplement',
    'videoInterview',
  ]) {
    const state = `verifying.appeal.${inner}`;
    expect(textsOf({ ...view, state }, 'zh-CN').state).toContain('不收取任何费用');
    expect(textsOf({ ...view, state }, 'en').state).toContain('No fee is ever asked');
  }
  const { notes } = textsOf({ ...view, details: { noFee: 'noFeeIsEverAsked', items: ['anything'] } }, 'zh-CN');
  expect(notes).toEqual({ noFeeIsEverAsked: zhCn.notes.noFeeIsEverAsked });
});

test('a card that cannot be used is called so', () => {
  expect(problemText('notEligible', 'cardUnavailable', 'zh-CN')).toContain('该卡不可用');
  expect(textsOf({ ...view, told: 'cardUnavailable' }, 'zh-CN').told).toContain('该卡不可用');
  expect(textsOf({ ...view, ineligible: { bankCard: 'cardUnavailable' } }, 'zh-CN').ineligible.bankCard).toContain(
    '该卡不可用',
  );
});

const view: Viewed = {
  recoveryId: 'r1',
  accountId: 'a1',
  version: 1,
  status: 'active',
  state: 'choosing.offering',
  tags: [],
  eligible: [],
  ineligible: {},
  allowed: [],
  deadlines: [],
  disclosed: true,
  createdAt: 0,
  updatedAt: 0,
};

describe('a view in words', () => {
  test('of a recovery as a host shows it', async () => {
    const clock = createVirtualClock(Date.parse('2026-03-02T10:00:00+08:00'));
    const sandbox = createSandbox({ clock: clock.now, wait: clock.wait });
    const store = await openSqlite(':memory:');
    const recoveries = await createRecoveries({ store, ports: sandbox.ports, clock });
    const { recoveryId } = await recoveries.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    await recoveries.idle();

    const choosing = await recoveries.get(recoveryId);
    expect(textsOf(choosing, 'zh-CN')).toMatchObject({
      state: '请选择一种找回方式。',
      ineligible: { appeal: zhCn.reasons.notLastResort },
      allowed: { 'path.choose': '选择找回方式', 'recovery.cancel': '取消找回' },
      deadlines: { choosingTimeout: '选择方式的时间截止', recovery: '本次找回自动结束' },
    });

    await recoveries.send(recoveryId, { type: 'path.choose', path: 'securityContacts' });
    await recoveries.idle();
    const asking = textsOf(await recoveries.get(recoveryId), 'en');
    expect(asking).toMatchObject({
      state: 'Please choose which of your security contacts to ask.',
      deadlines: { 'securityContacts.askUntil': en.deadlines.askUntil },
    });
    expect(asking).not.toHaveProperty('told');
    expect(asking).not.toHaveProperty('outcome');

    await recoveries.send(recoveryId, { type: 'recovery.cancel' });
    expect(textsOf(await recoveries.get(recoveryId), 'zh-CN')).toMatchObject({ outcome: '本次找回已取消。' });
    await recoveries.close();
    await store.close();
  });

  test('an outcome says why, and that the password may be set', () => {
    const output: RecoveryOutput = { outcome: 'expired', reason: 'passwordUncertain', attempts: [] };
    expect(textsOf({ ...view, output }, 'zh-CN').outcome).toBe(zhCn.outcomes.expired + zhCn.reasons.passwordUncertain);
    expect(textsOf({ ...view, output }, 'en').outcome).toBe(`${en.outcomes.expired} ${en.reasons.passwordUncertain}`);
  });

  test('what an agent wrote is passed on; a word that is not known is not shown', () => {
    expect(textsOf({ ...view, told: '与登记信息不符' }, 'zh-CN').told).toBe('申诉没有通过。客服说明：与登记信息不符');
    expect(textsOf({ ...view, told: 'usedBefore' }, 'en').told).toBe(en.other.told);
    expect(textsOf({ ...view, told: 'constructor' }, 'en').told).toBe(en.other.told);
  });

  test('a ninth path has its own title, and its states have that', () => {
    const palmVein: Titled = { id: 'palmVein', title: { 'zh-CN': '声纹加掌静脉', en: 'Voice and palm' } };
    const ninth: Viewed = {
      ...view,
      state: 'verifying.palmVein.holdingHand',
      allowed: ['palm.scan'],
      deadlines: [{ name: 'palmVein.handTimeout', at: 0 }],
    };
    expect(textsOf(ninth, 'zh-CN', [...paths, palmVein])).toMatchObject({
      state: '声纹加掌静脉',
      paths: { bankCard: '绑定银行卡', palmVein: '声纹加掌静脉' },
      allowed: { 'palm.scan': zhCn.other.event },
      deadlines: { 'palmVein.handTimeout': zhCn.other.deadline },
    });
    expect(textsOf({ ...ninth, state: 'verifying.palmVein.rejected' }, 'en', [palmVein]).state).toBe(
      en.endings.rejected,
    );
    expect(textsOf(ninth, 'en').state).toBe(en.states.verifying);
  });

  test('a state that nobody knows still has words', () => {
    for (const state of ['', 'elsewhere', 'choosing.somewhere.new,other']) {
      expect(textsOf({ ...view, state }, 'en').state).not.toBe('');
    }
  });
});

test.each([
  [undefined, 'zh-CN'],
  ['', 'zh-CN'],
  ['zh', 'zh-CN'],
  ['zh-Hans', 'zh-CN'],
  ['zh-Hant-TW', 'zh-CN'],
  ['ZH-cn', 'zh-CN'],
  ['en', 'en'],
  ['en-GB,en;q=0.9', 'en'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['zh;q=0.5, en', 'en'],
  ['en;q=0.5, zh-Hans;q=0.8', 'zh-CN'],
  ['en, zh', 'en'],
  ['zh, en', 'zh-CN'],
  ['fr, en;q=0.2', 'en'],
  ['fr', 'zh-CN'],
  ['*', 'zh-CN'],
  ['en;q=0.5, *', 'zh-CN'],
  ['en, *;q=0.5', 'en'],
  ['fr, *;q=0.1', 'zh-CN'],
  ['zh;q=0, *', 'en'],
  ['en;q=0', 'zh-CN'],
  ['en ; q=0.9 , zh ; q=0.1', 'en'],
  ['en;q=high, zh;q=0.1', 'zh-CN'],
  [';;q=,,', 'zh-CN'],
])('Accept-Language %j is answered in %s', (header, locale) => {
  expect(localeOf(header)).toBe(locale);
});
