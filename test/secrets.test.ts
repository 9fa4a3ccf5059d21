import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../src/scenario/load.ts';
import { runScenario } from '../src/scenario/run.ts';
import { bytesOf, holds } from './stored.ts';

const folder = mkdtempSync(join(tmpdir(), 'regain-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'sealed.sqlite');

/** That nothing secret is left after a scenario has run, `scenarios.test.ts` looks at. */
describe('R6, R9, R54: nothing secret is in the SQLite file', () => {
  test('while a call that holds a secret is still under way it is sealed', async () => {
    const scenario = parseScenario(
      'sealed.yaml',
      `title: a password that is being set
now: '2026-03-02T10:00:00+08:00'
profile: source
ports: { setPassword: [{ hangs: true }], checkCode: [{ ok: true }] }
steps:
  - send: { type: path.choose, path: bankCard }
  - send: { type: bankCard.submit, cardId: c1, holderRef: holder-reference }
  - send: { type: code.submit, code: '918273' }
  - send: { type: password.submit, password: '506172', confirmation: '506172' }
  - expect: { state: settingPassword.setting }
`,
    );
    const result = await runScenario(scenario, { file });
    expect(result.ok).toBe(true);
    const bytes = bytesOf(file);
    expect(bytes).toContain('holder-reference');
    expect(bytes).toContain('$sealed');
    expect(holds(bytes, '506172')).toBe(false);
    expect(holds(bytes, '918273')).toBe(false);
  });
});
