import { expect, test } from 'vitest';
import { fuzz } from './fuzz/fuzz.ts';

const SEED = 20_260_302;
/** In ms; it takes some ten seconds where nothing else runs. */
const PATIENCE = 180_000;
const statuses = (counts: Record<string, number>) => new Set(Object.keys(counts).map((name) => name.split(' ').at(-1)));

test(
  'R15, R45, R58: of 3,000 requests of every kind none is answered amiss, and none that is refused changes a thing',
  async () => {
    const { findings, counts, requests } = await fuzz({ requests: 2_700, seed: SEED });
    expect(findings).toEqual([]);
    expect(requests).toBeGreaterThan(2_700);
    for (const status of ['200', '201', '304', '400', '401', '403', '404', '409', '412', '413', '415', '422']) {
      expect(statuses(counts)).toContain(status);
    }
  },
  PATIENCE,
);

test(
  'R14: nor is one when the limits are reached',
  async () => {
    const { findings, counts } = await fuzz({ requests: 400, seed: SEED, workers: 4, limited: true });
    expect(findings).toEqual([]);
    expect(statuses(counts)).toContain('429');
  },
  PATIENCE,
);
