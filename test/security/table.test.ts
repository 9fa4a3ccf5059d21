import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const HIGHEST = 60;

const rows = [...readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').matchAll(/^\| (R\d+) \|(.*)\|$/gm)].map(
  ([, id = '', rest = '']) => {
    const [asks = '', met = '', shown = ''] = rest.split(' | ').map((cell) => cell.trim());
    return { id, asks, met, shown };
  },
);
const filesIn = (cell: string) => [...cell.matchAll(/`([^`]+\/[^`]+)`/g)].map(([, file = '']) => file);

/** Titles of a test file, or title and remark of a scenario. */
function titlesOf(file: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = file.endsWith('.ts')
    ? text.matchAll(/['`](R\d+[,:][^\n]*)/g)
    : text.matchAll(/^(?:title|about): (.*)$/gm);
  return [...found].map(([, title]) => title).join('\n');
}

test('every requirement has one row', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: HIGHEST }, (_, index) => `R${index + 1}`));
});

test.each(rows.map((row) => [row.id, row] as const))(
  'the row of %s names files that are there, and tests that name it',
  (id, row) => {
    for (const file of filesIn(row.met)) expect(existsSync(join(ROOT, file)), file).toBe(true);
    const shown = filesIn(row.shown);
    if (shown.length === 0) expect(row.shown).toBe('—');
    for (const file of shown) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      expect(titlesOf(file), file).toMatch(new RegExp(`\\b${id}\\b`));
    }
  },
);

test('what is not shown is what is said to be missing', () => {
  const missing = rows.filter(({ shown }) => shown === '—').map(({ id }) => id);
  expect(missing).toEqual([]);
});
