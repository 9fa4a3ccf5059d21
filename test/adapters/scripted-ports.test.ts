import { expect, test } from 'vitest';
import { type PortName, ports as specs } from '../../machines/ports.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts, countedPorts, scriptedPorts } from '../../src/adapters/agreeable.ts';
import type { PortCall } from '../../src/adapters/ports.ts';
import { scriptOf } from '../../src/scenario/world.ts';

const base = agreeablePorts(() => sandboxAccount());
const call = (key: string, at = 0): PortCall => ({
  key,
  recoveryId: 'r1',
  path: 'bankCard',
  step: 'checkCode',
  attempt: 1,
  at,
  signal: new AbortController().signal,
});
const CODE = { accountId: 'a1', purpose: 'bankCard', code: '123456' };

function waiter() {
  const waited: number[] = [];
  return { waited, wait: async (ms: number) => void waited.push(ms) };
}

test('every agreeable answer satisfies its port', async () => {
  const input = { accountId: 'a1', questions: { amount: 3, merchant: 2, time: 2 }, exclude: [] };
  for (const name of Object.keys(specs) as PortName[]) {
    const port = base[name] as (input: object, call: PortCall) => Promise<unknown>;
    expect(specs[name].output.safeParse(await port(input, call(name))).success, name).toBe(true);
  }
});

test('answers come in order by key, a repeated key gets its own again, the last one repeats', async () => {
  const script = scriptOf({ checkCode: [{ ok: false }, { throws: 'down' }, { ok: true }] }, {});
  const { ports, calls } = countedPorts(scriptedPorts(base, script, waiter().wait));
  expect(await ports.checkCode(CODE, call('1'))).toEqual({ ok: false });
  expect(await ports.checkCode(CODE, call('1'))).toEqual({ ok: false });
  await expect(ports.checkCode(CODE, call('2'))).rejects.toThrow('down');
  expect(await ports.checkCode(CODE, call('3'))).toEqual({ ok: true });
  expect(await ports.checkCode(CODE, call('4'))).toEqual({ ok: true });
  expect(await ports.checkCode(CODE, call('1'))).toEqual({ ok: false });
  expect(calls()).toEqual({ checkCode: 4 });
});

test('a delay runs from the first call of its key, so that a restart does not lengthen it', async () => {
  const { waited, wait } = waiter();
  const ports = scriptedPorts(base, scriptOf({ checkCode: [{ after: '90s', ok: true }] }, {}), wait);
  await ports.checkCode(CODE, call('1', 0));
  await ports.checkCode(CODE, call('1', 60_000));
  await ports.checkCode(CODE, call('1', 200_000));
  await ports.checkCode(CODE, call('2', 200_000));
  expect(waited).toEqual([90_000, 30_000, 0, 90_000]);
});

test('a wrong answer is told by port, index and field; an account may be told in part', () => {
  expect(() => scriptOf({ matchRegistry: [{ match: 90 }, { match: 101 }] }, {})).toThrow(/matchRegistry\.1\.match/);
  expect(() => scriptOf({ checkCode: [{ after: 'soon', ok: true }] }, {})).toThrow(/checkCode\.0\.after/);
  const script = scriptOf({ loadAccount: [{ cards: [] }] }, { validTransactions: 7 });
  expect(script.loadAccount?.[0]?.answer).toMatchObject({ cards: [], validTransactions: 7 });
});
