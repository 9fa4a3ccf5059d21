import { expect, test } from 'vitest';
import { coverOverHttp } from './campaign.ts';
import { wantedFor, wantedForParent } from './defined.ts';
import { plansFor, plansForParent } from './plans.ts';

const LONG = { timeout: 120_000 };
/** What `http.test.ts` does not have. */
const OTHERS = ['idCard', 'transactionHistory', 'appeal', 'biometric', 'voice', 'emergencyCode'];

test.for(OTHERS)('paths through %s, over HTTP', LONG, async (path, { task }) => {
  const tally = await coverOverHttp(plansFor(path), wantedFor(path));
  task.meta.modelPaths = { machine: path, ...tally };
  expect(tally.http.paths).toBeGreaterThan(0);
});

test('paths through the parent, over HTTP', LONG, async ({ task }) => {
  const tally = await coverOverHttp(plansForParent(), wantedForParent());
  task.meta.modelPaths = { machine: 'recovery', ...tally };
  expect(tally.http.paths).toBeGreaterThan(0);
});
