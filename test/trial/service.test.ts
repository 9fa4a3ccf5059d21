import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Running } from '../http/service.ts';

/** The ninth path in the service, by its setting `paths`; and none of it without. */

const MODULE = join(import.meta.dirname, '../../machines/trial/palm-and-voice.ts');
const enrolled = (here: Running) =>
  here.request('POST', '/sandbox/accounts', {}, { accountId: 'a1', others: { palmVeinEnrolled: true } });
const eventsIn = async (here: Running) => {
  const { body } = await here.request<{ paths: Record<string, unknown> }>('GET', '/openapi.json');
  return [
    ...JSON.stringify(body.paths['/v1/recoveries/{recoveryId}/events']).matchAll(/"title":"([a-z]\w*\.\w+)"/g),
  ].map(([, type]) => type);
};

test('is started, chosen and walked; the API lists its event, in words of its own', async () => {
  const here = await Running.start({ paths: MODULE });
  expect(await eventsIn(here)).toContain('palm.scan');
  const client = await here.owner();
  const owner = client.at(client.recoveryId, { 'Accept-Language': 'en' });
  const choosing = (await owner.get()).body;
  expect(choosing.eligible).toContainEqual({ path: 'palmAndVoice', title: 'Palm vein and voice' });

  const scanning = await owner.does({ type: 'path.choose', path: 'palmAndVoice' });
  expect(scanning).toMatchObject({
    state: 'verifying.palmAndVoice.scanning.awaiting',
    text: 'Please hold your palm flat over the scanner.',
    details: { attemptsLeft: 3 },
  });
  const scan = scanning.allowed.find(({ type }) => type === 'palm.scan');
  expect(scan).toMatchObject({ text: 'Scan your palm', schema: { required: ['type', 'captureRef'] } });

  const { body: somebody } = await here.request<{ ref: string }>('POST', '/sandbox/captures', {}, { ofOwner: false });
  expect(await owner.does({ type: 'palm.scan', captureRef: somebody.ref })).toMatchObject({
    told: { reason: 'notMatched' },
    details: { attemptsLeft: 2 },
  });
  await here.request('POST', '/sandbox/faults', {}, { port: 'matchPalmVein', fault: 'throws', times: 1 });
  expect((await owner.does({ type: 'palm.scan', captureRef: 'p1' })).details).toEqual({ attemptsLeft: 2 });
  await owner.does({ type: 'palm.scan', captureRef: 'p1' });
  const set = await owner.does({ type: 'voice.spoken', captureRef: 'v1' });
  expect(set.state).toBe('settingPassword.awaiting');
  const reset = await owner.does({ type: 'password.submit', password: '294817', confirmation: '294817' });
  expect(reset.output).toMatchObject({ outcome: 'reset', path: 'palmAndVoice' });
});

test('a refusal says in words why it is not offered', async () => {
  const here = await Running.start({ paths: MODULE });
  const owner = await here.owner('a2');
  const refused = await owner.send({ type: 'path.choose', path: 'palmAndVoice' }, { 'Accept-Language': 'zh-CN' });
  expect(refused.problem).toMatchObject({
    code: 'notEligible',
    reason: 'palmVeinNotEnrolled',
    title: '您没有录入过掌静脉。',
  });
});

test('a recovery that began without it goes on without it', async () => {
  const here = await Running.start();
  const owner = await here.owner();
  await here.restart({ paths: MODULE });
  await enrolled(here);
  const view = (await owner.get()).body;
  expect([...view.eligible, ...view.ineligible].map(({ path }) => path)).not.toContain('palmAndVoice');
  const chosen = await owner.does({ type: 'path.choose', path: 'biometric' });
  expect(chosen.state).toBe('verifying.biometric.scanning.awaiting');
});

test('without the setting it is unknown', async () => {
  const here = await Running.start();
  await enrolled(here);
  expect(await eventsIn(here)).not.toContain('palm.scan');
  const owner = await here.owner();
  const view = (await owner.get()).body;
  expect([...view.eligible, ...view.ineligible].map(({ path }) => path)).not.toContain('palmAndVoice');
  expect((await owner.send({ type: 'path.choose', path: 'palmAndVoice' })).problem).toMatchObject({
    reason: 'unknownPath',
  });
  expect((await owner.send({ type: 'palm.scan', captureRef: 'p1' })).problem.code).toBe('invalidEvent');
});

test('a module that brings no path keeps the service from starting, and says why', async () => {
  const start = Running.start({ paths: join(import.meta.dirname, 'no-such-module.ts') });
  await expect(start).rejects.toThrow('no-such-module.ts: cannot be loaded');
});
