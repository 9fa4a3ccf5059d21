import { defineConfig } from 'vitest/config';
import fast from './vitest.config.ts';

/** What is tested in a real browser: `CHROMIUM_PATH`, or the system's Chromium. */
export default defineConfig({
  test: { ...fast.test, include: ['test/browser/**/*.browser.ts'], fileParallelism: false },
});
