import { afterEach, describe, expect, test } from 'vitest';
import { BREAKAGES, type Breakage, brokenBuild, removeBuild } from './broken.ts';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { type Check, type Course, coursesOf, judge } from './checks.ts';

/** The harness is worth nothing if it cannot fail: builds that are broken on purpose are found out, each by the check for it. */

const WAITING = 'a choice that nobody makes';
const KINDS = ['bank card, one wrong code', WAITING, 'an emergency code that nobody spends'];
const SMALL = { recoveries: KINDS.length, only: KINDS, patience: 6_000 } satisfies CampaignOptions;

let reference: Map<string, Course> | undefined;
const builds: string[] = [];
afterEach(() => {
  for (const build of builds.splice(0)) removeBuild(build);
});

async function courses(): Promise<Map<string, Course>> {
  if (reference) return reference;
  const calm = await runCampaign(SMALL);
  const found = await coursesOf(calm);
  reference = new Map(calm.players.map(({ name }, index) => [name, found[index] as Course]));
  await calm.end();
  return reference;
}

/** What is found when a build dies at a fault point, a few times, while it is used. */
async function found(breakage: Breakage | null, points: string[], only: string[] = KINDS): Promise<Check[]> {
  const right = await courses();
  const build = breakage ? brokenBuild(breakage) : undefined;
  if (build) builds.push(build);
  const deaths = [...points];
  const campaign = await runCampaign({
    ...SMALL,
    recoveries: only.length,
    only,
    armed: true,
    ...(build ? { build } : {}),
    killer: { next: () => deaths.shift(), isDone: () => deaths.length === 0 },
  });
  const checks = await judge(campaign, right);
  await campaign.end();
  return checks.filter((check) => check.found.length > 0);
}

describe('a build that dies at fault points', () => {
  test('R47: and is sound, loses nothing', async () => {
    const points = ['committed:2', 'commit.audit:3', 'engine.committed:4', 'outbox.answered:2', 'record.settled:1'];
    expect(await found(null, points)).toEqual([]);
  });

  test.each([
    [
      'sends calls before they are committed',
      BREAKAGES.sentBeforeCommit,
      ['commit.recovery:3'],
      'calls made before they were committed',
    ],
    ['forgets what it answered', BREAKAGES.receiptForgotten, ['committed:3'], 'acknowledged answers forgotten'],
    [
      'makes a call again under another key',
      BREAKAGES.newKeyEachTime,
      ['outbox.answered:3'],
      'calls missing, or made under another key',
    ],
  ])('and %s, is found out', async (_, breakage, points, what) => {
    expect((await found(breakage, points)).map((check) => check.what)).toContain(what);
  });

  test('and writes timers in a transaction of their own, is found out', async () => {
    // Each life makes one step and dies in the second transaction.
    const deaths = Array.from({ length: 4 }, () => 'commit.receipt:2');
    const ended = await found(BREAKAGES.timersAfterCommit, deaths, [WAITING]);
    expect(ended.map((check) => check.what)).toContain('recoveries that ended otherwise');
  });
});
