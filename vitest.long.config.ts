import { defineConfig } from 'vitest/config';
import fast from './vitest.config.ts';

/** What takes too long for every run: `npm run faults` and the like run their own. */
export default defineConfig({
  test: { ...fast.test, include: ['test/**/*.long.ts'], testTimeout: 300_000, fileParallelism: false },
});
