import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BREAKAGES, type Breakage, brokenBuild, removeBuild } from './broken.ts';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { coursesOf, judge } from './checks.ts';
import { OnRestate } from './restate.ts';

/** The harness in front of Restate is worth nothing if it cannot fail. */

const KIND = 'bank card, one wrong code';
const SMALL = { recoveries: 1, only: [KIND], patience: 30_000 } satisfies CampaignOptions;
const DEATHS = 3;

/** What is found when a build is killed a few times while it is used. */
async function found(breakage: Breakage | null): Promise<string[]> {
  const calm = await runCampaign(SMALL);
  const [right] = await coursesOf(calm);
  await calm.end();
  const build = breakage ? brokenBuild(breakage) : undefined;
  const scene = await OnRestate.open(build);
  try {
    const campaign = await runCampaign({
      ...SMALL,
      cluster: scene.cluster,
      async befalls(over) {
        for (let times = 0; times < DEATHS && !over.yet; times += 1) {
          await setTimeout(500);
          await scene.service.kill();
          await scene.service.start();
        }
      },
    });
    const checks = await judge(campaign, new Map(right ? [[KIND, right]] : []));
    await campaign.end();
    return checks.filter((check) => check.found.length > 0).map(({ what }) => what);
  } finally {
    await scene.close();
    if (build !== undefined) removeBuild(build);
  }
}

test('R47: a sound build in front of Restate that is killed loses nothing', async () => {
  expect(await found(null)).toEqual([]);
});

test.each([
  ['forgets what it answered', BREAKAGES.receiptForgottenOnRestate, 'acknowledged answers forgotten'],
  ['makes a call again under another key', BREAKAGES.newKeyEachTime, 'calls missing, or made under another key'],
])('one that %s is found out', async (_, breakage, what) => {
  expect(await found(breakage)).toContain(what);
});
