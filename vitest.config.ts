import { statfsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const MEMORY = '/dev/shm';
const ROOM = 2 ** 30; // bytes

/** Whether there is a folder in memory with room enough. */
function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'threads',
    reporters: ['default', './test/reporter.ts'],
    maxWorkers: 2,
    // Stores of tests are opened and closed thousands of times: no disk has to be waited for.
    env: hasMemory() ? { TMPDIR: MEMORY } : {},
  },
});
