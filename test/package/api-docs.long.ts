import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('whoever imports a function can import the types of what it takes and gives', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'api-docs.js')], { encoding: 'utf8' });
  expect(stderr).not.toContain('signatures use what no entry exports');
  expect(status, stderr).toBe(0);
});
