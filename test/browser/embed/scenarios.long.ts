import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FOLDER, sameInTab } from './scenario.ts';

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ya?ml|json)$/.test(name))
  .sort();

/** Every rule of the domain, as it is written down for the host on SQLite, holds in a tab. */
describe.each([false, true])('recoveries in a tab; loaded anew between every two steps: %s', (restartBetween) => {
  let lost = 0;
  test.each(files)('%s', async (file) => {
    if (await sameInTab(file, restartBetween)) lost += 1;
  });
  test('few lose a secret', () => expect(lost / files.length).toBeLessThan(0.05));
});
