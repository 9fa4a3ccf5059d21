import { expect, test } from 'vitest';
import { coverOnHost } from './campaign.ts';
import { wantedForParent } from './defined.ts';
import { plansForParent } from './plans.ts';

test('R59: paths through the parent meet all of its chart', { timeout: 300_000 }, async ({ task }) => {
  const tally = await coverOnHost(plansForParent(), wantedForParent());
  task.meta.modelPaths = { machine: 'recovery', ...tally };
  expect(tally.host.paths).toBeGreaterThan(0);
});
