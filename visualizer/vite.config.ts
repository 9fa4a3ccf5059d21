import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

process.env.NODE_ENV = 'production'; // also when a test has it built

/** The module that brings paths of one's own into the page, as the service takes it. */
const paths = process.env.REGAIN_PATHS;
if (paths !== undefined && !existsSync(paths)) throw new Error(`REGAIN_PATHS: there is no ${resolve(paths)}`);

/** The page is built beside the service that serves it, under whatever path that is. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  resolve: {
    alias: {
      ...(paths === undefined ? {} : { './own-paths.ts': resolve(paths) }),
      // The sandbox runs in the page as well.
      'node:crypto': join(import.meta.dirname, 'src/simulator/platform/crypto.ts'),
      'node:timers/promises': join(import.meta.dirname, 'src/simulator/platform/timers.ts'),
    },
  },
  build: {
    outDir: '../dist/visualizer',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a strict content security policy takes no data: URLs
    chunkSizeWarningLimit: 2_000, // ELK, in its worker, is 1.6 MB
    modulePreload: { polyfill: false }, // the polyfill is an inline script
  },
});
