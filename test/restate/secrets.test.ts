import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { createRestateRecoveries, openRestate } from '../../src/restate/index.ts';
import { startRestate } from './server.ts';

const CODE = '048297';
const PASSWORD = '506172';
const REFERENCE = 'the-reference-of-a-name';

test('R6, R9: nothing secret is in anything that Restate keeps: state, journal, log', async () => {
  const server = await startRestate();
  try {
    const endpoint = await openRestate({ ...server, listen: { port: 0 } });
    const ports = agreeablePorts(() => sandboxAccount());
    const recoveries = await createRestateRecoveries({ endpoint, ports, sealingKey: 'a key for this test' });
    const { recoveryId: id } = await recoveries.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    await recoveries.idle();
    for (const event of [
      { type: 'path.choose', path: 'bankCard' },
      { type: 'bankCard.submit', cardId: 'c1', holderRef: REFERENCE },
      { type: 'code.submit', code: CODE },
      { type: 'password.submit', password: PASSWORD, confirmation: PASSWORD },
    ] as const) {
      await recoveries.send(id, event);
      await recoveries.idle();
    }
    expect((await recoveries.get(id)).output?.outcome).toBe('reset');
    await recoveries.close();
    await endpoint.close();
    await server.kill();
    const kept = filesIn(server.folder);
    expect(kept.includes(REFERENCE), 'the search finds what may be kept').toBe(true);
    for (const secret of [CODE, PASSWORD]) expect(kept).not.toMatch(new RegExp(`["':\\\\]${secret}["',}\\\\]`));
  } finally {
    await server.close();
  }
});

function filesIn(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return names
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'latin1'))
    .join('');
}
