import { describe, expect, test } from 'vitest';
import {
  go,
  type Hosted,
  hosted,
  type Move,
  NEW_PASSWORD,
  PASSWORD,
  PHONE,
  PROVING,
  refusalOf,
  tryAll,
  WAYS,
} from './helpers.ts';

const movesOf = (path: string) => WAYS[path]?.moves ?? [];
const accountOf = (path: string) => ({ account: WAYS[path]?.account ?? {} });
/** An answer that nobody else gives. */
const MARKED = 'AN-ANSWER-OF-THE-OWNER';
const TRANSITIONS = ['start', 'event', 'timer', 'answer', 'failure'];
const entriesOf = (at: Hosted, id: string) => at.host.audit(id);

describe('the audit trail', () => {
  test.each(Object.keys(WAYS))(
    'R52: %s: every transition has one record, from where the last one led',
    async (path) => {
      const at = await hosted(accountOf(path));
      const id = await at.begin();
      const last: Move[] = PROVING.includes(path) ? [NEW_PASSWORD] : [];
      await go(at, id, [...movesOf(path), ...last]);
      const trail = await entriesOf(at, id);
      const steps = trail.filter(({ kind }) => TRANSITIONS.includes(kind));
      expect(trail.map(({ seq }) => seq)).toEqual(trail.map((_, index) => index + 1));
      expect(steps[0]).toMatchObject({ kind: 'start', data: { from: '', by: { role: 'owner' }, policy: '1' } });
      for (const [index, { data }] of steps.slice(1).entries()) expect(data.from).toBe(steps[index]?.data.to);
      expect(steps.at(-1)?.data.to).toBe(await at.state(id));
      const events = steps
        .filter(({ kind }) => kind === 'event')
        .map(({ data }) => data as { event: { type: string }; by: object });
      const sent = [...movesOf(path), ...last].flatMap((move) =>
        'send' in move ? [move.by ?? { role: 'owner' }] : [],
      );
      expect(events.map(({ by }) => by)).toEqual(sent);
      expect(events[0]?.event).toMatchObject({ type: 'path.choose', path });
      for (const { at: instant } of trail) expect(Number.isInteger(instant)).toBe(true);
      const row = (await at.host.list())[0];
      expect([row?.policyVersion, row?.machineVersion]).toEqual(['1', '1']);
    },
  );

  test('R52: failures and refusals have their record too, with who and why', async () => {
    const at = await hosted();
    at.world.setFault('verifyBankCard', 'throws', 1);
    const id = await at.begin();
    await go(at, id, movesOf('bankCard').slice(0, 2));
    await refusalOf(at.send(id, { type: 'review.approve' }, { role: 'agent', id: 'bo' }));
    await refusalOf(at.send(id, { type: 'path.leave' }, { role: 'owner', deviceId: 'd9' }));
    await refusalOf(at.send(id, { type: 'code.submit', code: 'letters' }));
    const trail = await entriesOf(at, id);
    expect(trail.find(({ kind }) => kind === 'failure')?.data).toMatchObject({ port: 'verifyBankCard' });
    expect(trail.filter(({ kind }) => kind === 'refused').map(({ data }) => data)).toMatchObject([
      { by: { role: 'agent', id: 'bo' }, code: 'notAccepted' },
      { by: { role: 'owner', deviceId: 'd9' }, code: 'notAuthorised' },
      { by: { role: 'owner' }, code: 'invalidEvent', field: 'code' },
    ]);
  });

  const HOSTILE = 'no\n{"kind":"event","seq":99}\r\n\u0000\u001b[2J\u0085\u2028 review.approve';

  test('R57: line ends and control characters stay inside their field', async () => {
    const at = await hosted(accountOf('appeal'));
    const id = await at.begin();
    await go(at, id, movesOf('appeal').slice(0, 3));
    const before = (await entriesOf(at, id)).length;
    await at.send(id, { type: 'review.reject', reason: HOSTILE }, { role: 'agent', id: `bo\n${HOSTILE}` });
    await refusalOf(at.send(id, { type: HOSTILE } as never));
    const added = (await entriesOf(at, id)).slice(before).filter(({ kind }) => kind !== 'notice');
    expect(added).toHaveLength(2);
    expect(added[0]?.data.event).toEqual(expect.objectContaining({ type: 'review.reject', reason: HOSTILE }));
    expect(added[1]?.data).toMatchObject({ event: { type: '(unknown)' }, code: 'invalidEvent' });
    for (const line of added.map((entry) => JSON.stringify(entry))) {
      expect([...line].filter((char) => char < ' ')).toEqual([]);
      expect(JSON.parse(line)).toEqual(added.find((entry) => JSON.stringify(entry) === line));
    }
    expect(await at.store.tamperings()).toEqual([]);
  });
});

describe('personal data', () => {
  const IMAGE = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUg'.repeat(20)}`;

  test.each<[string, number, object]>([
    ['idCard', 1, { type: 'document.submit', frontRef: IMAGE, backRef: 'back' }],
    ['biometric', 1, { type: 'biometric.scan', captureRef: IMAGE }],
    ['voice', 3, { type: 'voice.spoken', captureRef: IMAGE }],
    ['bankCard', 1, { type: 'bankCard.submit', cardId: 'c1', holderRef: IMAGE }],
  ])(
    'R54: %s takes references, no samples: what is too long to be one is refused and not written down',
    async (path, taken, event) => {
      const at = await hosted(accountOf(path));
      const id = await at.begin();
      await go(at, id, movesOf(path).slice(0, taken));
      expect((await refusalOf(at.send(id, event as never))).code).toBe('invalidEvent');
      const everything = JSON.stringify([await entriesOf(at, id), await at.store.load(id), await at.host.get(id)]);
      expect(everything).not.toContain('iVBORw0KGgo');
    },
  );

  test.each(Object.keys(WAYS))(
    'R9, R54: %s: no code, token, answer or password is in trail, snapshot, view or change',
    async (path) => {
      const at = await hosted(accountOf(path));
      const seen: unknown[] = [];
      at.host.onChange((changed) => seen.push(changed));
      const id = await at.begin();
      const secrets = new Set([PASSWORD, MARKED]);
      const [choice, ...others] = movesOf(path) as [Move, ...Move[]];
      const answered: Move = { send: () => ({ type: 'quiz.answer', questionId: 'q1', answer: MARKED }) };
      for (const move of [choice, answered, ...others, NEW_PASSWORD]) {
        await tryAll(at, id, [move]);
        seen.push(await at.host.get(id), await at.host.get(id, { role: 'owner' }), await at.store.load(id));
      }
      seen.push(await entriesOf(at, id), await at.host.list(), await at.store.pendingRequests(100));
      for (const { code, token } of [PHONE, 'k1', 'k2', 'k3'].flatMap((to) => at.world.inbox(to)))
        secrets.add(code ?? token ?? PASSWORD);
      if (path === 'voice') for (const answer of Object.values(at.world.securityAnswers('a1'))) secrets.add(answer);
      const text = JSON.stringify(seen);
      for (const secret of secrets) {
        // digits may stand in any instant: as a value they would stand alone
        expect(/^\d+$/.test(secret) ? new RegExp(`\\b${secret}\\b`).test(text) : text.includes(secret)).toBe(false);
      }
    },
  );
});
