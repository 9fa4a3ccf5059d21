import { describe, expect, test } from 'vitest';
import { type ClockJump, clockWatch } from '../../src/http/metrics.ts';
import { SandboxClock } from '../../src/http/sandbox-clock.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const HOUR = 3_600_000;

describe('R44: the alarm for a clock that jumps', () => {
  function watched() {
    const time = { wall: 1_000_000, monotonic: 0 };
    const jumps: ClockJump[] = [];
    const look = clockWatch(
      () => time.wall,
      () => time.monotonic,
      60_000,
      (jump) => jumps.push(jump),
    );
    const pass = (ms: number, jump = 0) => {
      time.wall += ms + jump;
      time.monotonic += ms;
      look();
    };
    return { jumps, pass, time };
  }

  test('is silent while both clocks go at one pace, however long nobody looks', () => {
    const { jumps, pass } = watched();
    for (const ms of [1, 10_000, 30 * HOUR]) pass(ms);
    pass(10_000, 59_000); // within the limit
    expect(jumps).toEqual([]);
  });

  test.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('rings once for a jump %s', (_, jump) => {
    const { jumps, pass, time } = watched();
    pass(10_000);
    pass(10_000, jump);
    expect(jumps).toEqual([{ by: jump, at: time.wall }]);
    pass(10_000);
    expect(jumps).toHaveLength(1);
  });
});

describe('the clock of a sandbox', () => {
  test('keeps its shift over a restart, and alarms their instants over a move', async () => {
    const store = await openSqlite(':memory:');
    const clock = await SandboxClock.open(store);
    const before = clock.now();
    const rung: string[] = [];
    const forget = clock.at(before + 2 * HOUR, () => rung.push('late'));
    clock.at(before + HOUR, () => rung.push('due'));
    clock.at(before + HOUR, () => rung.push('taken back'))();
    await clock.move(HOUR);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rung).toEqual(['due']);
    const again = await SandboxClock.open(store);
    expect(Math.abs(again.now() - clock.now())).toBeLessThan(HOUR / 2);
    await clock.move(-HOUR);
    expect(clock.now()).toBeLessThan(before + HOUR / 2);
    forget();
    await store.close();
  });

  test('that is set twice at once is where it was set to, not beyond', async () => {
    const store = await openSqlite(':memory:');
    const clock = await SandboxClock.open(store);
    const instant = clock.now() + HOUR;
    await Promise.all([clock.set(instant), clock.set(instant)]);
    expect(clock.now()).toBeGreaterThanOrEqual(instant);
    expect(clock.now()).toBeLessThan(instant + HOUR / 2);
    await store.close();
  });
});
