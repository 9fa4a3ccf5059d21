import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** Options that are numbers or instants: each says what would be right. */

function number(text: string, isRight: (value: number) => boolean, expected: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!isRight(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
  return value;
}

export const percent = (text: string): number =>
  number(text, (value) => value >= 0 && value <= 100, 'a percentage from 0 to 100');

export const wholeFrom1 = (text: string): number =>
  number(text, (value) => Number.isSafeInteger(value) && value >= 1, 'a whole number from 1');

export const minutes = (text: string): number =>
  number(text, (value) => value > 0 && value < Number.POSITIVE_INFINITY, 'a number of minutes above 0');

export const port = (text: string): number =>
  number(text, (value) => Number.isInteger(value) && value >= 0 && value <= 65_535, 'a number from 0 to 65535');

/** @returns ms */
export function instant(text: string): number {
  const { success } = z.iso.datetime({ offset: true }).safeParse(text);
  if (!success) throw new InvalidArgumentError('Expected a date and time with an offset: 2026-03-02T10:00:00+08:00.');
  return Date.parse(text);
}
