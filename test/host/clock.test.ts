import { afterEach, describe, expect, test, vi } from 'vitest';
import { Alarm } from '../../src/host/alarm.ts';
import { createVirtualClock, systemClock } from '../../src/host/clock.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

afterEach(() => {
  vi.useRealTimers();
});

describe('alarms of the machine’s clock', () => {
  function alarm(ms: number) {
    vi.useFakeTimers({ now: START });
    const rung: number[] = [];
    const forget = systemClock.at(START + ms, () => rung.push(Date.now() - START));
    return { rung, forget };
  }

  test.each([0, 1, 29_999, 45 * MINUTE])('ring at their instant, %i ms away', (ms) => {
    const { rung } = alarm(ms);
    vi.advanceTimersByTime(Math.max(0, ms - 1));
    if (ms > 0) expect(rung).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(rung).toHaveLength(1);
    expect(rung[0]).toBeGreaterThanOrEqual(ms);
  });

  test('R42: do not ring early beyond 2^31 - 1 ms', () => {
    const { rung } = alarm(30 * 24 * HOUR);
    vi.advanceTimersByTime(25 * 24 * HOUR);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(5 * 24 * HOUR + 1);
    expect(rung).toHaveLength(1);
  });

  test('R41, R44: ring soon after a clock is set forward past them, or a machine has slept', () => {
    const { rung } = alarm(30 * MINUTE);
    vi.advanceTimersByTime(1_000);
    vi.setSystemTime(START + 2 * HOUR);
    vi.advanceTimersByTime(15_000);
    expect(rung).toHaveLength(1);
  });

  test('R44: do not ring before their instant when a clock is set back', () => {
    const { rung } = alarm(30 * MINUTE);
    vi.setSystemTime(START - HOUR);
    vi.advanceTimersByTime(89 * MINUTE);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(2 * MINUTE);
    expect(rung).toHaveLength(1);
  });

  test('can be taken back', () => {
    const { rung, forget } = alarm(HOUR);
    vi.advanceTimersByTime(10 * MINUTE);
    forget();
    vi.advanceTimersByTime(2 * HOUR);
    expect(rung).toEqual([]);
  });
});

describe('the one alarm of a host', () => {
  test('rings at the earliest instant that was asked for, once, until it is closed', async () => {
    const clock = createVirtualClock(START);
    const rung: number[] = [];
    const alarm = new Alarm(clock, () => rung.push(clock.now() - START));
    for (const after of [30, 10, 20]) alarm.wakeAt(START + after);
    await clock.advance(60);
    expect(rung).toEqual([10]);
    alarm.wakeAt(START + 70);
    await clock.advance(20);
    expect(rung).toEqual([10, 70]);
    alarm.wakeAt(START + 90);
    alarm.close();
    alarm.wakeAt(START + 95);
    await clock.advance(60);
    expect(rung).toEqual([10, 70]);
  });
});
