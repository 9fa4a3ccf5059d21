import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { definedForParent, plansForParent } from './plans.ts';

test('paths through the parent: host and service stand where the model says', { timeout: 300_000 }, async ({
  task,
}) => {
  const tally = await campaign(plansForParent(), definedForParent());
  task.meta.modelPaths = { machine: 'recovery', ...tally };
  expect(tally.covered).toBeGreaterThan(0);
});
