import { expect, test } from 'vitest';
import { paths } from '../../machines/paths.ts';
import { moreOnHost } from './campaign.ts';
import { plansFor, plansForParent } from './plans.ts';

const LONG = { timeout: 120_000 };
/** Paths of each subject that are replayed beside those that cover everything; as many simple ones where there are some. */
const MORE = 10;

test.for(paths.map(({ id }) => id))('more paths through %s', LONG, async (path, { task }) => {
  const tally = await moreOnHost(plansFor(path, true), MORE);
  task.meta.modelPaths = { machine: path, ...tally };
  expect(tally.host.paths).toBeGreaterThan(0);
});

test('more paths through the parent', LONG, async ({ task }) => {
  const tally = await moreOnHost(plansForParent(), MORE);
  task.meta.modelPaths = { machine: 'recovery', ...tally };
  expect(tally.host.paths).toBeGreaterThan(0);
});
