import type { Reporter, TestModule } from 'vitest/node';

declare module 'vitest' {
  interface TaskMeta {
    /** Random walks that a test took. */
    walks?: number;
    /** Times that a scenario was run in a test. */
    scenarioRuns?: number;
  }
}

/** Says at the end how much was walked, replayed and tested. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let [walks, runs, passed, failed] = [0, 0, 0, 0];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        walks += test.meta().walks ?? 0;
        runs += test.meta().scenarioRuns ?? 0;
        if (test.result().state === 'passed') passed += 1;
        if (test.result().state === 'failed') failed += 1;
      }
    }
    console.log(`${modules.length} files, ${runs} runs of scenarios, ${walks} random walks`);
    console.log(`${passed} passed, ${failed} failed`);
  }
}
