import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { definedFor, plansFor } from './plans.ts';

test.for(['appeal', 'voice', 'emergencyCode'])(
  'paths through %s: host and service stand where the model says',
  { timeout: 300_000 },
  async (path, { task }) => {
    const tally = await campaign(plansFor(path), definedFor(path));
    task.meta.modelPaths = { machine: path, ...tally };
    expect(tally.covered).toBeGreaterThan(0);
  },
);
