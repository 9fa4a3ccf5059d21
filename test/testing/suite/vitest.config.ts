import { defineConfig } from 'vitest/config';
import { CoverageReporter } from '../../../src/testing/index.ts';
import { door } from './machine.ts';

/** A suite as users have one, with a threshold that it does not reach. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['*.spec.ts'],
    reporters: ['default', new CoverageReporter({ machine: door, threshold: 80 })],
  },
});
