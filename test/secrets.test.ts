import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { events } from '../machines/events.ts';
import { secretFields } from '../src/host/marks.ts';
import { loadScenario, parseScenario } from '../src/scenario/load.ts';
import { runScenario } from '../src/scenario/run.ts';
import type { Scenario } from '../src/scenario/schema.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const folder = mkdtempSync(join(tmpdir(), 'regain-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every text and number in the secret fields of the events that a scenario sends. */
function secretsOf({ steps }: Scenario): string[] {
  const leaves = (value: unknown): string[] => {
    if (value === null || value === undefined) return [];
    return typeof value === 'object' ? Object.values(value).flatMap(leaves) : [String(value)];
  };
  return steps.flatMap((step) => {
    if (!('send' in step)) return [];
    const { type, ...fields } = step.send;
    const spec = events[type as keyof typeof events] as { schema: z.ZodObject } | undefined;
    return spec ? secretFields(spec.schema).flatMap((name) => leaves(fields[name])) : [];
  });
}

/** The bytes of every file that SQLite keeps beside each other. */
const bytesOf = (name: string) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(name))
    .map((file) => readFileSync(join(folder, file), 'latin1'))
    .join('');

/** Digits alone may stand in any instant, a short word in any other: as a value they stand in quotes, or after a colon. */
function holds(bytes: string, secret: string): boolean {
  const utf8 = Buffer.from(secret, 'utf8').toString('latin1');
  if (secret.length > 5 && !/^\d+$/.test(secret)) return bytes.includes(utf8);
  return bytes.includes(`"${utf8}"`) || new RegExp(`:${utf8}[,}\\]]`).test(bytes);
}

describe('R6, R9, R54: nothing secret is in the SQLite file', () => {
  test('after all scenarios ran', async () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(ya?ml|json)$/.test(name),
    );
    let secrets = 0;
    let references = 0;
    for (const [index, name] of files.entries()) {
      const scenario = await loadScenario(join(FOLDER, name));
      await runScenario(scenario, { file: join(folder, `s${index}.sqlite`) });
      const bytes = bytesOf(`s${index}.sqlite`);
      // Shorter ones say nothing: a percentage of the policy may be the same.
      const found = secretsOf(scenario).filter((secret) => secret.length > 3 && holds(bytes, secret));
      expect(found, name).toEqual([]);
      secrets += secretsOf(scenario).length;
      // The search does find what may be kept: references are in the audit trail.
      const refs = scenario.steps.flatMap((step) =>
        'send' in step && step.send.captureRef ? [String(step.send.captureRef)] : [],
      );
      references += refs.filter((ref) => bytes.includes(`"${ref}"`)).length;
    }
    expect(secrets).toBeGreaterThan(0);
    expect(references).toBeGreaterThan(0);
  }, 300_000);

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
    const result = await runScenario(scenario, { file: join(folder, 'sealed.sqlite') });
    expect(result.ok).toBe(true);
    const bytes = bytesOf('sealed.sqlite');
    expect(bytes).toContain('holder-reference');
    expect(bytes).toContain('$sealed');
    expect(holds(bytes, '506172')).toBe(false);
    expect(holds(bytes, '918273')).toBe(false);
  });
});
