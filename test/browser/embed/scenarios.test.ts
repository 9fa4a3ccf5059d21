import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FOLDER, sameInTab } from './scenario.ts';

// One scenario of each kind; `scenarios.long.ts` has them all.
const files = readdirSync(join(FOLDER, 'demo')).map((name) => `demo/${name}`);

test.each(files)('%s: the same in a tab that is loaded anew between every two steps', async (file) => {
  expect(await sameInTab(file, true)).toBe(false);
});
