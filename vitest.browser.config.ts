import { defineConfig } from 'vitest/config';
import fast from './vitest.config.ts';

/** What needs a real browser: `npm run browser`. */
export default defineConfig({
  test: {
    ...fast.test,
    include: ['test/browser/**/*.test.ts'],
    exclude: [],
    globalSetup: './test/browser/chromium.ts',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
