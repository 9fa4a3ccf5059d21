import { statfsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** What takes longest, longest first: begun last, it would keep one of two workers waiting. */
const LONGEST = ['scenarios.test.ts', 'readme.test.ts', 'http/fuzz.test.ts', 'model/', 'cli.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
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
    sequence: { sequencer: LongestFirst },
    // Stores of tests are opened and closed thousands of times: no disk has to be waited for.
    env: hasMemory() ? { TMPDIR: MEMORY } : {},
  },
});
