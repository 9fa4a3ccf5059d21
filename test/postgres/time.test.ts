import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ServerTime } from '../../src/store/postgres/time.ts';

/** What a process knows of its server's time between two answers; here the server is 1 000 000 ms ahead, exactly. */

const AHEAD = 1_000_000;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An answer that takes `there` ms to the server and `back` ms from it. */
const answer =
  (there: number, back: number, ahead = AHEAD) =>
  async () => {
    vi.advanceTimersByTime(there);
    const told = performance.now() + ahead;
    vi.advanceTimersByTime(back);
    return told;
  };
const wrong = (time: ServerTime) => time.now() - performance.now() - AHEAD;

test('is wrong by half a round trip at most, and the machine’s own clock plays no part', async () => {
  const time = new ServerTime();
  expect(() => time.now()).toThrow('never asked');
  await time.compare(answer(40, 0));
  expect(wrong(time)).toBe(20);
  vi.setSystemTime(0);
  expect(wrong(time)).toBe(20);
});

test('an answer that takes long does no harm; one that comes soon corrects what was wrong', async () => {
  const time = new ServerTime();
  await time.compare(answer(2, 2));
  await time.compare(answer(8_000, 0));
  await time.compare(answer(0, 8_000));
  expect(wrong(time)).toBe(0);
  const late = new ServerTime();
  await late.compare(answer(8_000, 0));
  expect(wrong(late)).toBe(4_000);
  await late.compare(answer(0, 2));
  expect(wrong(late)).toBe(0);
});

test('a server whose clock is another is followed', async () => {
  const time = new ServerTime();
  await time.compare(answer(1, 1));
  await time.compare(answer(1, 1, AHEAD - 60_000));
  expect(Math.abs(wrong(time) + 60_000)).toBeLessThanOrEqual(1);
});
