import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const FENCED = /^```\w*\n[\s\S]*?^```$/gm;

/** What of a README does not depend on its language. */
function parse(file: string) {
  const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  const prose = text.replace(FENCED, '');
  return {
    text,
    blocks: text.match(FENCED) ?? [],
    headings: [...prose.matchAll(/^(#+) /gm)].map(([, marks = '']) => marks.length),
    /** For each table the inline code of the first cell of each row: as many entries as rows. */
    tables: [...prose.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table.trim().split('\n').map(codeOfFirstCell)),
    /** The inline code of each list item that begins with a command, the command first, the others in any order. */
    commands: [...prose.matchAll(/^- `npm .*(?:\n {2}.*)*/gm)].map(([item]) => {
      const [command, ...others] = inlineCode(item);
      return [command, ...others.sort()];
    }),
  };
}

function inlineCode(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
}

function codeOfFirstCell(row: string): string[] {
  return inlineCode(row.split('|')[1] ?? '');
}

const english = parse('README.md');
const chinese = parse('README.zh-CN.md');

describe('the README in Chinese', () => {
  test('and the one in English name each other below the title', () => {
    expect(english.text.split('\n')[2]).toBe('[中文](README.zh-CN.md)');
    expect(chinese.text.split('\n')[2]).toBe('[English](README.md)');
  });

  test.each(['headings', 'blocks', 'tables', 'commands'] as const)('has the same %s', (part) => {
    expect(english[part]).not.toEqual([]);
    expect(chinese[part]).toEqual(english[part]);
  });
});
