import { expect, test } from 'vitest';
import { coverOverHttp } from './campaign.ts';
import { wantedFor } from './defined.ts';
import { plansFor } from './plans.ts';

/** The owner, and contacts with tokens of their own; `http.long.ts` has the other paths. */
test.for(['bankCard', 'securityContacts'])('paths through %s, over HTTP', async (path, { task }) => {
  const tally = await coverOverHttp(plansFor(path), wantedFor(path));
  task.meta.modelPaths = { machine: path, ...tally };
  expect(tally.http.paths).toBeGreaterThan(0);
});
