import { describe, expect, test } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { opensPassword, whyNot } from '../../machines/availability.ts';
import { events } from '../../machines/events.ts';
import type { Factor, FactorKind } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths } from '../../machines/paths.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { createRecoveryMachine, type RecoveryContext, recoveryMachine } from '../../machines/recovery.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { population } from '../../src/adapters/population.ts';
import {
  go,
  type Hosted,
  hosted,
  MINUTE,
  type Move,
  NEW_PASSWORD,
  PROVING,
  refusalOf,
  START,
  tryAll,
  WAYS,
} from './helpers.ts';

/** What takes long goes first: a proof is kept for 30 minutes. */
const IN_ORDER = ['securityContacts', 'transactionHistory', 'idCard', 'voice', 'biometric', 'bankCard'];
const STRICT: PolicyInput = { profile: 'strict' };
const movesOf = (path: string) => WAYS[path]?.moves ?? [];
const pathOf = (id: string) => paths.find((path) => path.id === id) as RecoveryPath;
const say = (event: ReturnType<Extract<Move, { send: unknown }>['send']>): Move => ({ send: () => event });

const proofs = new Map<string, Promise<Factor[]>>();
/** What a path proves when all is well, from the real run of it, made once. */
function proofOf(path: string): Promise<Factor[]> {
  const proof = proofs.get(path) ?? proved(path);
  proofs.set(path, proof);
  return proof;
}
async function proved(path: string): Promise<Factor[]> {
  const at = await hosted({ account: WAYS[path]?.account ?? {} });
  const id = await at.begin();
  await go(at, id, movesOf(path));
  const loaded = await at.store.load(id);
  const snapshot = loaded?.recovery.snapshot as { context: Pick<RecoveryContext, 'proofs'> } | undefined;
  return snapshot?.context.proofs.flatMap(({ factors }) => factors) ?? [];
}
const kindsOf = (factors: readonly Factor[]) => [
  ...new Set(factors.map((factor) => factor.split(':')[0] as FactorKind)),
];

/** Whether the strict profile lets these proofs, each of a path of its own, open the password. */
const opens = (...proofs: [path: string, factors: Factor[]][]) =>
  opensPassword(
    {
      account: sandboxAccount(),
      policy: policyOf(STRICT),
      device: { deviceId: 'd1' },
      risk: null,
      spent: [],
      wrongCodes: 0,
      exhausted: [],
      proofs: proofs.map(([path, factors]) => ({ path, factors, at: START })),
      manualReview: false,
    },
    START,
  );

describe('the strength of each path', () => {
  test.each(PROVING)('R19: %s proves what its entry in the table says, no less and no more', async (path) => {
    expect(kindsOf(await proofOf(path)).sort()).toEqual([...pathOf(path).grants].sort());
  });

  test('R19: the emergency code grants nothing; every path is in the table', () => {
    expect(pathOf('emergencyCode').grants).toEqual([]);
    expect(paths.map(({ id }) => id).sort()).toEqual(Object.keys(WAYS).sort());
  });

  test.each([
    ['without an entry', undefined],
    ['with a kind that does not exist', ['possession', 'charm']],
  ])('R19: a path %s cannot be built', (_, grants) => {
    const ninth = { ...pathOf('biometric'), id: 'ninth', grants } as unknown as RecoveryPath;
    expect(() => createRecoveryMachine([...paths, ninth])).toThrow(/'ninth': grants .* possession/);
    expect(() => createRecoveryMachine([...paths, pathOf('voice')])).toThrow("'voice': its id is taken");
  });

  test('R19: a proof of a kind that the path may not give counts for nothing', async () => {
    const boastful = { ...pathOf('biometric'), grants: ['human'] as const };
    const at = await hosted({ host: { paths: [boastful] } });
    const id = await at.begin();
    await go(at, id, movesOf('biometric'));
    expect(await at.state(id)).toBe('choosing.offering');
  });

  test('R19: one decision point: nothing but the decision over proofs leads to the password', () => {
    const leading: string[] = [];
    const visit = (node: AnyStateNode): void => {
      for (const transition of [...node.transitions.values()].flat().concat(node.always ?? [])) {
        const into = transition.target?.some((target) => target.id.startsWith('recovery.settingPassword'));
        if (into && !node.id.startsWith('recovery.settingPassword')) {
          leading.push(`${node.id} when ${JSON.stringify(transition.guard)}`);
        }
      }
      for (const child of Object.values(node.states)) visit(child);
    };
    visit(recoveryMachine.root as unknown as AnyStateNode);
    expect(leading).toEqual(['recovery.verifying.deciding when "proofComplete"']);
  });
});

describe('two different kinds of proof, under the strict profile', () => {
  const alone = PROVING.filter((path) => path !== 'appeal');

  test.each(alone)('R20, R22: %s alone does not open the password', async (path) => {
    const at = await hosted({ account: WAYS[path]?.account ?? {}, policy: STRICT });
    const id = await at.begin();
    await go(at, id, movesOf(path));
    expect(await at.host.get(id)).toMatchObject({ state: 'choosing.offering', told: 'moreProof' });
    await tryAll(at, id, [NEW_PASSWORD, ...movesOf(path), NEW_PASSWORD]); // nor does giving it twice
    expect(at.passwordsSet('a1')).toBe(0);
    expect(await at.state(id)).not.toContain('settingPassword');
  });

  test('R20: people who look at everything again open it alone, by default, as repeated proofing', async () => {
    const at = await hosted({ account: WAYS.appeal?.account ?? {}, policy: STRICT });
    const id = await at.begin();
    await go(at, id, movesOf('appeal'));
    expect(await at.state(id)).toBe('settingPassword.awaiting');
  });

  const pairs = IN_ORDER.flatMap((one, index) => IN_ORDER.slice(index + 1).map((other) => [one, other] as const));

  test.each(pairs)(
    'R20: %s and %s open it only with two kinds by two means, knowledge no more than half',
    async (one, other) => {
      const proofs = [await proofOf(one), await proofOf(other)] as const;
      const kinds = kindsOf(proofs.flat());
      const enough = kinds.length >= 2 && new Set(proofs.flat()).size >= 2;
      expect(opens([one, proofs[0]], [other, proofs[1]])).toBe(enough);
      const withoutCard = [one, other].includes('idCard');
      if (withoutCard && [one, other].includes('bankCard')) return; // an account with a card has no document path
      const at = await hosted({ account: withoutCard ? { cards: [] } : {}, policy: STRICT });
      const id = await at.begin();
      await go(at, id, [...movesOf(one), ...movesOf(other)]);
      expect(await at.state(id)).toBe(enough ? 'settingPassword.awaiting' : 'choosing.offering');
    },
  );

  test.each<[string, [string, Factor[]][], boolean]>([
    [
      'one phone as card and as contact',
      [
        ['bankCard', ['possession:phone:1']],
        ['securityContacts', ['vouching:phone:1']],
      ],
      false,
    ],
    [
      'two phones',
      [
        ['bankCard', ['possession:phone:1']],
        ['securityContacts', ['vouching:phone:2']],
      ],
      true,
    ],
    [
      'one kind by two means',
      [
        ['bankCard', ['possession:card:1']],
        ['sim', ['possession:phone:1']],
      ],
      false,
    ],
    ['one path of two kinds', [['idCard', ['document:id', 'inherence:face']]], false],
    [
      'knowledge twice',
      [
        ['transactionHistory', ['knowledge:a']],
        ['other', ['knowledge:b']],
      ],
      false,
    ],
  ])('R21: %s', (_, proofs, enough) => expect(opens(...proofs)).toBe(enough));

  test('R21: a contact who is named twice is asked once and counts once', async () => {
    const at = await hosted();
    const id = await at.begin();
    await go(at, id, [
      ...movesOf('securityContacts').slice(0, 1),
      say({ type: 'contacts.request', contactIds: ['k1', 'k1', 'k1'] }),
      { wait: 5 * MINUTE },
      ...movesOf('securityContacts').slice(3, 4),
    ]);
    expect(await refusalOf(go(at, id, movesOf('securityContacts').slice(3, 4)))).toMatchObject({ code: 'duplicate' });
    await at.clock.advance(25 * MINUTE);
    expect(await at.host.get(id)).toMatchObject({ state: 'choosing.offering', told: 'quorumNotReached' });
    expect(at.world.inbox('k1')).toHaveLength(1);
  });
});

describe('biometrics and documents', () => {
  const situation = (account: Record<string, unknown>, deviceId: string, policy: PolicyInput = STRICT) => ({
    account: sandboxAccount(account),
    policy: policyOf(policy),
    device: { deviceId },
    risk: null,
    spent: [],
    wrongCodes: 0,
    exhausted: [],
    proofs: [],
    manualReview: false,
  });

  test.each<[string, Record<string, unknown>, string, PolicyInput, string | undefined]>([
    ['a device of 30 days', { device: { loggedInDays: 30 } }, 'd1', {}, 'deviceTooNew'],
    ['a device of 31 days', { device: { loggedInDays: 31 } }, 'd1', {}, undefined],
    ['a device that is not bound', {}, 'd2', {}, 'rebindRequired'],
    ['a device that was enrolled elsewhere', { biometric: { enrolledDeviceId: 'd9' } }, 'd1', {}, 'rebindRequired'],
    ['a sensor that nobody knows', { biometric: { sensor: 'iris' } }, 'd1', {}, 'sensorNotSupported'],
    [
      'a sensor of more than 1 false match in 10,000',
      { biometric: { sensor: 'capacitive' } },
      'd1',
      { biometric: { sensors: { capacitive: { falseAccepts: 0.00011, seconds: 1, note: '' } } } },
      'sensorNotSupported',
    ],
    ['five misses today', { attemptsToday: { biometric: 5 } }, 'd1', {}, 'dailyLimit'],
    ['four misses today', { attemptsToday: { biometric: 4 } }, 'd1', {}, undefined],
  ])('R23: biometrics on %s', (_, account, deviceId, policy, reason) => {
    expect(whyNot(pathOf('biometric'), paths, situation(account, deviceId, policy), START)).toBe(reason);
  });

  test('R23: after five misses in a row the path is closed for the day, over recoveries too', async () => {
    const at = await hosted();
    let misses = 0;
    for (let flow = 0; flow < 4; flow++) {
      const id = await at.begin();
      const captureRef = at.world.capture({ ofOwner: false });
      const scans = Array.from({ length: 3 }, () => say({ type: 'biometric.scan', captureRef }));
      await tryAll(at, id, movesOf('biometric').slice(0, 1));
      misses += await tryAll(at, id, scans);
      await tryAll(at, id, [say({ type: 'recovery.cancel' })]);
    }
    expect(misses).toBe(5);
    expect((await at.host.get(await at.begin())).ineligible.biometric).toBe('dailyLimit');
  });

  test.each([
    ["another's record", { front: { ofOwner: false }, face: {} }],
    ["another's face", { front: {}, face: { ofOwner: false } }],
    ['a likeness of 79', { front: {}, face: { match: 79 } }],
    ['a picture of a face', { front: {}, face: { live: false } }],
  ])('R25: a document and a face with %s prove nothing', async (_, { front, face }) => {
    const at = await hosted({ account: { cards: [] } });
    const id = await at.begin();
    await go(at, id, [
      ...movesOf('idCard').slice(0, 1),
      say({ type: 'document.submit', frontRef: at.world.capture(front), backRef: 'back' }),
      say({ type: 'face.submit', captureRef: at.world.capture(face) }),
    ]);
    const { state, told, details } = await at.host.get(id);
    expect(state).toMatch(/^verifying\.idCard\.capturing/);
    expect(told ?? details?.told).toMatch(/matchBelowThreshold|notLive/);
    expect(at.passwordsSet('a1')).toBe(0);
  });
});

/** Tries what is open, each path once, until the password may be set. @returns whether it may. */
async function findsBack(at: Hosted, id: string): Promise<boolean> {
  const tried = new Set<string>();
  for (;;) {
    const { state, eligible } = await at.host.get(id);
    if (state.startsWith('settingPassword')) return true;
    const next = [...IN_ORDER, 'appeal'].find((path) => eligible.includes(path) && !tried.has(path));
    if (next === undefined) return false;
    await tryAll(at, id, [...movesOf(next), say({ type: 'path.leave' })]);
    tried.add(next);
  }
}

describe('a way for everyone', () => {
  const withoutBiometrics = paths.filter(({ grants }) => !grants.includes('inherence'));

  test.each(['source', 'strict'] as const)(
    'R24: without biometrics everyone has a way to a new password (%s)',
    async (profile) => {
      expect(withoutBiometrics.map(({ id }) => id)).not.toContain('biometric');
      for (const { about, facts } of population()) {
        const account = { ...facts, accountId: 'a1' };
        const at = await hosted({
          sandbox: { accounts: [account] },
          policy: { profile },
          host: { paths: withoutBiometrics },
        });
        const id = await at.begin({ deviceId: account.device.deviceId });
        expect(await findsBack(at, id), about).toBe(true);
        await go(at, id, [NEW_PASSWORD]);
        expect(await at.state(id), about).toBe('completed');
      }
    },
  );

  test('R30: whoever it is, some way leads to a new password', async () => {
    for (const { about, facts } of population()) {
      const account = { ...facts, accountId: 'a1' };
      for (const vpn of [false, true]) {
        const at = await hosted({ sandbox: { accounts: [account] }, policy: STRICT });
        const { recoveryId } = await at.host.start({ accountId: 'a1', device: { deviceId: 'd7' }, network: { vpn } });
        await at.host.idle();
        expect(await findsBack(at, recoveryId), `${about}, vpn: ${vpn}`).toBe(true);
      }
    }
  });

  test.each([recoveryMachine, ...paths.map(({ machine }) => machine)].map((machine) => [machine.id, machine] as const))(
    'R30: in %s a final state can be reached from every state that can be reached',
    (_, machine) => {
      const root = machine.root as unknown as AnyStateNode;
      const leavesOf = (node: AnyStateNode): AnyStateNode[] =>
        node.type === 'parallel'
          ? Object.values(node.states).flatMap(leavesOf)
          : Object.keys(node.states).length > 0
            ? leavesOf(node.initial.target[0] as AnyStateNode)
            : [node];
      const next = (leaf: AnyStateNode): AnyStateNode[] => {
        const found: AnyStateNode[] = [];
        for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
          for (const { target } of [...node.transitions.values()].flat().concat(node.always ?? [])) {
            found.push(...(target ?? []).flatMap((each) => leavesOf(each as AnyStateNode)));
          }
        }
        return found;
      };
      const reached = new Set(leavesOf(root));
      for (const leaf of reached) for (const each of next(leaf)) reached.add(each);
      const ends = new Set([...reached].filter(({ type }) => type === 'final'));
      for (let before = -1; before !== ends.size; ) {
        before = ends.size;
        for (const leaf of reached) if (next(leaf).some((each) => ends.has(each))) ends.add(leaf);
      }
      expect([...reached].filter((leaf) => !ends.has(leaf)).map(({ id }) => id)).toEqual([]);
      expect(reached.size).toBeGreaterThan(3);
    },
  );
});

describe('people who help', () => {
  test('R29: staff never set the password: no event of theirs leads to the port, whatever the state', async () => {
    const owners = Object.entries(events)
      .filter(([, { from }]) => from === 'owner')
      .map(([type]) => type);
    expect(owners).toContain('password.submit');
    const at = await hosted({ account: WAYS.appeal?.account ?? {} });
    const id = await at.begin();
    const asAgent = { ...NEW_PASSWORD, by: { role: 'agent', id: 'bo' } } as Move;
    const asStaff = { ...NEW_PASSWORD, by: { role: 'staff' } } as Move;
    for (const move of movesOf('appeal')) {
      expect(await tryAll(at, id, [asAgent, asStaff])).toBe(0);
      await go(at, id, [move]);
    }
    expect(await at.state(id)).toBe('settingPassword.awaiting');
    expect((await refusalOf(go(at, id, [asAgent]))).code).toBe('notAuthorised');
    expect(at.passwordsSet('a1')).toBe(0);
    await go(at, id, [NEW_PASSWORD]);
    const trail = JSON.stringify(await at.host.audit(id));
    expect(trail).not.toContain('294817');
  });

  test('R29: who took the call does not approve', async () => {
    const at = await hosted({ account: WAYS.appeal?.account ?? {} });
    const id = await at.begin();
    await go(at, id, movesOf('appeal').slice(0, 3));
    const approve = { ...movesOf('appeal')[3], by: { role: 'agent', id: 'ann' } } as Move;
    expect((await refusalOf(go(at, id, [approve]))).code).toBe('notAuthorised');
    expect(await at.state(id)).toBe('verifying.appeal.reviewing');
  });

  test('R28: one refusal after one approval ends the path, and everyone is told', async () => {
    const at = await hosted();
    const id = await at.begin();
    await go(at, id, movesOf('securityContacts').slice(0, 4));
    const told = at.world.notices.length;
    await go(at, id, [{ send: () => ({ type: 'contact.deny', contactId: 'k2' }), by: { role: 'contact', id: 'k2' } }]);
    expect(await at.host.get(id)).toMatchObject({
      state: 'choosing.offering',
      told: 'deniedByContact',
      ineligible: { securityContacts: 'exhausted' },
    });
    expect(at.world.notices.slice(told)).toMatchObject([{ notice: 'failed', path: 'securityContacts' }]);
  });

  test('R26: a confirmation at 45:00.000 is refused, and the entrance is what the earlier ones made of it', async () => {
    const at = await hosted();
    const id = await at.begin();
    await go(at, id, movesOf('securityContacts'));
    const late: Move = {
      send: ({ world }) => ({
        type: 'contact.confirm',
        contactId: 'k3',
        method: 'qr',
        token: world.inbox('k3').at(-1)?.token ?? 'none',
      }),
      by: { role: 'contact', id: 'k3' },
    };
    expect(at.clock.now() - START).toBe(45 * MINUTE);
    expect((await refusalOf(go(at, id, [late]))).code).toBe('notAccepted');
    expect(await proofOf('securityContacts')).toEqual(['vouching:contact:k1', 'vouching:contact:k2']);
  });

  test('R27: contacts added meanwhile, or known for less than 180 days, have no say', async () => {
    const at = await hosted();
    const id = await at.begin();
    await go(at, id, movesOf('securityContacts').slice(0, 1));
    at.world.setAccount({ contacts: [{}, {}, {}, {}, { contactId: 'k5', knownDays: 400 }] });
    const ask = (contactIds: string[]) => refusalOf(at.send(id, { type: 'contacts.request', contactIds }));
    expect(await ask(['k1', 'k5'])).toMatchObject({ code: 'notEligible', reason: 'contactUnknown' });
    const young = await hosted({ account: { contacts: [{}, {}, {}, { knownDays: 180 }] } });
    const second = await young.begin();
    await go(young, second, movesOf('securityContacts').slice(0, 1));
    expect(await refusalOf(young.send(second, { type: 'contacts.request', contactIds: ['k1', 'k4'] }))).toMatchObject({
      code: 'notEligible',
      reason: 'contactsNotQualified',
    });
  });
});
