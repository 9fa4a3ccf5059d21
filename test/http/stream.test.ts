import { describe, expect, test } from 'vitest';
import { type Client, newPassword, Running, untilPassword, whenOver } from './service.ts';

interface Told {
  id: number;
  event: string;
  data: { seq: number; at?: string; state?: string; kind?: string; data?: object };
}

/** Follows a recovery; the events as they come. */
async function follow(here: Running, { path, headers }: Client, after?: number) {
  const gone = new AbortController();
  const response = await fetch(`${here.url}${path}/stream`, {
    headers: { ...headers, ...(after === undefined ? {} : { 'Last-Event-ID': String(after) }) },
    signal: gone.signal,
  });
  const told: Told[] = [];
  let text = '';
  const over = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const parts = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
      text = parts.pop() ?? '';
      told.push(...parts.filter((part) => part.includes('data:')).map(toldIn));
    }
  })();
  const leave = async () => {
    gone.abort();
    await over.catch(() => {});
  };
  whenOver(leave);
  return { response, told, over, leave };
}

function toldIn(part: string): Told {
  const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
  return { id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) };
}

/** Waits until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const auditOf = async (here: Running, owner: Client) => (await here.service.recoveries.audit(owner.recoveryId)) ?? [];

describe('a stream', () => {
  test('tells an owner of every step in order, under its number in the audit trail, and ends', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const { response, told, over } = await follow(here, owner);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/);
    await untilPassword(here, owner);
    await owner.send({ type: 'path.leave' }); // refused: the owner’s stream does not tell of it
    await owner.does(newPassword());
    await over;
    const steps = (await auditOf(here, owner)).filter(({ data }) => typeof data.to === 'string');
    expect(told.filter(({ event }) => event === 'change').map(({ id, data }) => [id, data.state])).toEqual(
      steps.map(({ seq, data }) => [seq, data.to]),
    );
    expect(told.at(-1)?.event).toBe('end');
    expect(told.filter(({ event }) => event === 'end')).toHaveLength(1);
    for (const { id, event, data } of told) {
      expect(data.seq).toBe(id);
      if (event === 'change') expect(Object.keys(data).sort()).toEqual(['at', 'seq', 'state']);
    }
  });

  test('gives agents and auditors the whole trail', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const auditor = owner.at(owner.recoveryId, await here.staff('9', 'auditor'));
    const { told, over } = await follow(here, auditor);
    await owner.send({ type: 'path.leave' });
    await here.service.recoveries.idle();
    await owner.does({ type: 'recovery.cancel' });
    await over;
    const changes = told.filter(({ event }) => event === 'change');
    const trail = (await auditOf(here, owner)).slice(0, changes.length);
    expect(changes.map(({ data }) => [data.seq, data.kind, data.data])).toEqual(
      trail.map(({ seq, kind, data }) => [seq, kind, data]),
    );
    expect(trail.map(({ kind }) => kind)).toContain('refused');
  });

  test('taken up with Last-Event-ID misses none and repeats none, over a restart', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const first = await follow(here, owner);
    await until(() => first.told.some(({ data }) => data.state === 'choosing.offering'));
    await here.restart();
    await first.over; // the stream ended with the service
    expect(first.told.map(({ event }) => event)).not.toContain('end');
    await owner.does({ type: 'path.choose', path: 'voice' }); // nobody listens
    const second = await follow(here, owner, first.told.at(-1)?.id);
    await owner.does({ type: 'path.leave' });
    await owner.does({ type: 'recovery.cancel' });
    await second.over;
    const ids = [...first.told, ...second.told].filter(({ event }) => event === 'change').map(({ id }) => id);
    const steps = (await auditOf(here, owner)).filter(({ data }) => typeof data.to === 'string');
    expect(ids).toEqual(steps.map(({ seq }) => seq));
  });

  test('of a recovery that is over is told whole, and ends at once', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await owner.does({ type: 'recovery.cancel' });
    const { told, over } = await follow(here, owner);
    await over;
    expect(told.at(0)?.id).toBe(1);
    expect(told.at(-1)?.event).toBe('end');
    const resumed = await follow(here, owner, told.at(-1)?.id);
    await resumed.over;
    expect(resumed.told.map(({ event }) => event)).toEqual(['end']);
  });

  test('tells of no other recovery', async () => {
    const here = await Running.start();
    const [owner, other] = [await here.owner(), await here.owner('a2', 'd2')];
    const { told, over } = await follow(here, owner);
    await other.does({ type: 'path.choose', path: 'voice' });
    await owner.does({ type: 'recovery.cancel' });
    await over;
    expect(JSON.stringify(told)).not.toContain('voice');
  });

  test('R58: is not for contacts or whoever has a notice', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await owner.does({ type: 'path.choose', path: 'securityContacts' });
    await owner.does({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
    const bearer = (await here.inbox('k1')).at(-1)?.bearer ?? '';
    const cancel = (await here.notices()).at(-1)?.cancelToken ?? '';
    for (const token of [bearer, cancel]) {
      const client = here.bearer(owner.recoveryId, token);
      expect((await client.get()).status).toBe(200);
      expect((await here.request('GET', `${client.path}/stream`, client.headers)).status).toBe(403);
    }
  });

  test('is one of so many; one that a client left makes room', async () => {
    const here = await Running.start({ streams: 2 });
    const owner = await here.owner();
    const first = await follow(here, owner);
    await follow(here, owner);
    const third = await here.request('GET', `${owner.path}/stream`, owner.headers);
    expect(third).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(third.headers.get('Retry-After'))).toBeGreaterThan(0);
    await first.leave();
    await until(async () => {
      const { response, leave } = await follow(here, owner);
      if (response.status !== 200) await leave();
      return response.status === 200;
    });
  });

  test('is one of few of its recovery: nobody takes the room of others', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    for (let open = 0; open < 10; open++) expect((await follow(here, owner)).response.status).toBe(200);
    expect((await here.request('GET', `${owner.path}/stream`, owner.headers)).status).toBe(503);
    const other = await here.owner('a2');
    expect((await follow(here, other)).response.status).toBe(200);
  });

  test('ends when the service stops', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const streams = await Promise.all(Array.from({ length: 5 }, () => follow(here, owner)));
    await here.service.stop();
    await Promise.all(streams.map(({ over }) => over));
    for (const { told } of streams) expect(told.map(({ event }) => event)).not.toContain('end');
  });
});
