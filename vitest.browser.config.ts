import { defineConfig } from 'vitest/config';
import fast from './vitest.config.ts';

/** The page in a real browser: `npm run browser`. One file at a time: a browser needs room. */
export default defineConfig({
  test: {
    ...fast.test,
    include: ['test/browser/**/*.browser.ts'],
    globalSetup: ['test/browser/install.ts'],
    testTimeout: 120_000,
    fileParallelism: false,
  },
});
