import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openPostgres } from '../../src/store/postgres.ts';

// A host in a process of its own, which does what it is sent: see `Worker` in clock.test.ts.

/** The timetable of the contacts in seconds in place of minutes. */
const contacts = { askUntil: '3s', collectUntil: '12s', opensAt: '14s' };

export interface Asked {
  number: number;
  method: 'start' | 'send' | 'get' | 'audit';
  args: unknown[];
}
export type Told = { number: number } & ({ result: unknown } | { error: string });

const [url = ''] = process.argv.slice(2);
const store = await openPostgres({ url, lease: '1s', connections: 4 });
const host = await createRecoveries({
  store,
  ports: agreeablePorts(() => sandboxAccount()),
  policy: { contacts },
  sealingKey: 'a key for these tests',
});

process.on('message', async ({ number, method, args }: Asked) => {
  const carryOut = host[method] as (...args: unknown[]) => ReturnType<Recoveries[typeof method]>;
  const told: Told = await carryOut.apply(host, args).then(
    (result) => ({ number, result }),
    (error: unknown) => ({ number, error: String(error) }),
  );
  process.send?.(told);
});
process.send?.({ number: 0, result: 'ready' } satisfies Told);
