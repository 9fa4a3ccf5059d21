import type { Reporter, TestModule } from 'vitest/node';
import { type MachineTally, summaryOf } from './model/summary.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Random walks that a test took. */
    walks?: number;
    /** Times that a scenario was run in a test. */
    scenarioRuns?: number;
    /** Paths that were generated from a machine and replayed. */
    modelPaths?: MachineTally;
  }
}

/** Says at the end how much was walked, replayed and tested. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let [walks, runs, passed, failed] = [0, 0, 0, 0];
    const models: MachineTally[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        walks += test.meta().walks ?? 0;
        runs += test.meta().scenarioRuns ?? 0;
        models.push(...[test.meta().modelPaths ?? []].flat());
        if (test.result().state === 'passed') passed += 1;
        if (test.result().state === 'failed') failed += 1;
      }
    }
    for (const line of summaryOf(models)) console.log(line);
    console.log(`${modules.length} files, ${runs} runs of scenarios, ${walks} random walks`);
    console.log(`${passed} passed, ${failed} failed`);
  }
}
