import { expect, test } from 'vitest';
import { coverOnHost } from './campaign.ts';
import { wantedFor } from './defined.ts';
import { plansFor } from './plans.ts';

test.for(['transactionHistory', 'securityContacts', 'voice'])(
  'R59: paths through %s meet all of its chart',
  { timeout: 300_000 }, // a busy machine takes its time
  async (path, { task }) => {
    const tally = await coverOnHost(plansFor(path), wantedFor(path));
    task.meta.modelPaths = { machine: path, ...tally };
    expect(tally.host.paths).toBeGreaterThan(0);
  },
);
