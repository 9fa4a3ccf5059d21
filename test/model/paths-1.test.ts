import { expect, test } from 'vitest';
import { coverOnHost } from './campaign.ts';
import { wantedFor } from './defined.ts';
import { plansFor } from './plans.ts';

test.for(['bankCard', 'idCard', 'biometric'])(
  'R59: paths through %s meet all of its chart',
  { timeout: 300_000 },
  async (path, { task }) => {
    const tally = await coverOnHost(plansFor(path), wantedFor(path));
    task.meta.modelPaths = { machine: path, ...tally };
    expect(tally.host.paths).toBeGreaterThan(0);
  },
);
