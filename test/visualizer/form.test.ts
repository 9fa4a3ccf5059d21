import { describe, expect, it } from 'vitest';
import { AccountFacts } from '../../machines/account.ts';
import { events } from '../../machines/events.ts';
import { ports } from '../../machines/ports.ts';
import { settingOf, type Written, type WrongText } from '../../visualizer/src/simulator/checks.ts';
import { emptyOf, faultsOf, formOf } from '../../visualizer/src/simulator/form.ts';

describe('a form', () => {
  it('is made of every event and of every port’s answer', () => {
    for (const { schema } of Object.values(events)) expect(formOf(schema).kind).toBe('group');
    for (const { output } of Object.values(ports)) expect(['group', 'json']).toContain(formOf(output).kind);
  });

  it('has a field for each kind of value', () => {
    expect(formOf(events['contact.confirm'].schema)).toEqual({
      kind: 'group',
      fields: [
        { name: 'type', required: true, field: { kind: 'fixed', value: 'contact.confirm' } },
        { name: 'contactId', required: true, field: { kind: 'text' } },
        { name: 'method', required: true, field: { kind: 'choice', options: ['qr', 'smsLink'] } },
        { name: 'token', required: true, field: { kind: 'text', long: true } },
      ],
    });
    expect(formOf(events['quiz.makeUp'].schema)).toMatchObject({
      fields: [{}, { name: 'choice', field: { kind: 'either', options: [{ kind: 'text' }, { kind: 'number' }] } }],
    });
    expect(formOf(events['contacts.request'].schema)).toMatchObject({
      fields: [{}, { name: 'contactIds', field: { kind: 'list', item: { kind: 'text' } } }],
    });
    expect(formOf(events['appeal.file'].schema)).toMatchObject({
      fields: [{}, { name: 'registrationMonth', required: false }, {}, {}, {}, {}, {}, {}, {}],
    });
    expect(formOf(ports.checkDocument.output)).toMatchObject({
      fields: [{ name: 'faults' }, { name: 'warnings' }, { name: 'expired', field: { kind: 'boolean' } }],
    });
  });

  it('begins with what is needed, and is told what is wrong by field, in both languages', () => {
    const { schema } = events['code.redeem'];
    const empty = emptyOf(formOf(schema));
    expect(empty).toEqual({
      type: 'code.redeem',
      amountFen: undefined,
      category: '',
      merchantRef: '',
      redemptionId: '',
    });
    expect([...faultsOf(schema, empty, 'en').keys()]).toEqual(['amountFen', 'category', 'merchantRef', 'redemptionId']);
    expect(faultsOf(schema, empty, 'zh-CN').get('amountFen')).toMatch(/无效|期望/);
    expect(faultsOf(events['code.submit'].schema, { type: 'code.submit', code: 'x' }, 'en').get('code')).toBe(
      'expected digits',
    );
  });

  it('is made of the facts of an account', () => {
    expect(formOf(AccountFacts)).toMatchObject({ kind: 'group' });
  });
});

describe('what is written', () => {
  const written: Written = {
    account: '{}',
    policy: '{}',
    profile: 'source',
    deviceId: 'd1',
    now: '2026-03-02T10:00:00+08:00',
  };
  const wrong = (part: Partial<Written>): WrongText => {
    try {
      settingOf({ ...written, ...part });
    } catch (error) {
      return error as WrongText;
    }
    throw new Error('nothing was wrong');
  };

  it('is a setting', () => {
    const { account, policy } = settingOf({ ...written, account: 'cards: []', policy: '{"contacts":{"quorum":3}}' });
    expect([account.cards, policy.contacts.quorum]).toEqual([[], 3]);
  });

  it('is told where it is wrong and what would be right', () => {
    expect(wrong({ account: 'phnoe: 1' })).toMatchObject({
      part: 'account',
      message: expect.stringMatching(/phnoe.*phone/),
    });
    expect(wrong({ account: 'cards: [' })).toMatchObject({ part: 'account' });
    expect(wrong({ account: '[]' }).message).toContain('expected fields');
    expect(wrong({ policy: 'contacts: { quorum: many }' }).message).toContain('contacts.quorum');
    expect(wrong({ now: 'tomorrow' })).toMatchObject({ part: 'now' });
    expect(wrong({ deviceId: '' })).toMatchObject({ part: 'deviceId' });
  });
});
