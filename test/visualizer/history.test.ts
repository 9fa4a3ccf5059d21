import { createInspector } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, createMachine, sendTo } from 'xstate';
import { chartOf } from '../../visualizer/src/chart/read-config.ts';
import { treeOf } from '../../visualizer/src/live/changes.ts';
import { History, type Source } from '../../visualizer/src/live/history.ts';
import { activeIn, instanceAt, takenBetween } from '../../visualizer/src/live/moment.ts';
import { messagesIn, NoRecording, recordingOf } from '../../visualizer/src/live/recording.ts';
import { foreign } from './foreign.ts';

/** Messages of a real actor, sent by the real inspector, as they would come over a socket. */
async function recorded(events: { type: string }[], machine: AnyStateMachine = foreign): Promise<unknown[]> {
  const sent: unknown[] = [];
  const inspector = createInspector({ send: (message) => void sent.push(JSON.parse(JSON.stringify(message))) });
  const actor = createActor(machine, { inspect: inspector.inspect });
  actor.start();
  for (const event of events) {
    await new Promise((resolve) => setTimeout(resolve, 5)); // what came before is told when nothing else is to be done
    actor.send(event as never);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  actor.stop();
  return sent;
}

const historyOf = (messages: readonly unknown[]) => {
  const history = new History();
  for (const message of messages) history.add(message, 'relay');
  return history;
};
const rootOf = (history: History) => {
  const root = [...history.actors.values()].find(({ name }) => name === 'phone');
  if (!root) throw new Error('the root was not told of');
  return root;
};

describe('a history', () => {
  it('knows every moment of what a foreign program told', async () => {
    const history = historyOf(await recorded([{ type: 'POWER' }, { type: 'OPEN' }, { type: 'QUIT' }]));
    const { key, definition } = rootOf(history);
    expect(definition?.root.children.map((node) => node.key)).toEqual(['screen', 'sound']);
    const active = history.steps.map((_, step) =>
      [...(instanceAt(history, key, step)?.active ?? [])].filter(
        (id) => id.startsWith('phone.screen.') || id === 'home',
      ),
    );
    expect(active[0]).toEqual(['phone.screen.off']);
    expect(active).toContainEqual(['phone.screen.on', 'home']);
    expect(active).toContainEqual(['phone.screen.on', 'phone.screen.on.app']);
    expect(active.at(-1)).toEqual(['phone.screen.off']);
  });

  it('has the children of an actor under the ids of their invocations', async () => {
    const history = historyOf(await recorded([{ type: 'POWER' }]));
    const { key } = rootOf(history);
    const instance = instanceAt(history, key, history.steps.length - 1);
    expect(instance?.children?.music?.definition.id).toBe('player');
    expect([...(instance?.children?.music?.active ?? [])]).toEqual(['player', 'player.stopped']);
    expect([...history.actors.values()].find(({ name }) => name === 'music')?.parent).toBe(key);
  });

  it('counts a snapshot to the event that it followed from, whatever that event led to first', async () => {
    const child = createMachine({
      id: 'child',
      initial: 'idle',
      states: { idle: { on: { PING: 'pinged' } }, pinged: {} },
    });
    const parent = createMachine({
      id: 'parent',
      invoke: { src: child, id: 'child' },
      initial: 'here',
      states: { here: { on: { GO: { target: 'gone', actions: sendTo('child', { type: 'PING' }) } } }, gone: {} },
    });
    const history = historyOf(await recorded([{ type: 'GO' }], parent));
    const typeOf = (step: number) => history.entries[history.steps[step] ?? -1]?.event?.type;
    const [go, ping] = ['GO', 'PING'].map((type) => history.steps.findIndex((_, step) => typeOf(step) === type));
    const key = [...history.actors.values()].find(({ name }) => name === 'parent')?.key ?? '';
    expect(ping).toBeGreaterThan(go ?? 0);
    const at = (step = -1) => instanceAt(history, key, step);
    expect([...(at((go ?? 0) - 1)?.active ?? [])]).toContain('parent.here');
    expect([...(at(go)?.active ?? [])]).toContain('parent.gone');
    expect([...(at(go)?.children?.child?.active ?? [])]).toContain('child.idle');
    expect([...(at(ping)?.children?.child?.active ?? [])]).toContain('child.pinged');
  });

  it('tells the sessions of one source from those of another', () => {
    const history = new History();
    const actor = (name: string) => ({ type: '@xstate.actor', sessionId: 'x:0', name, createdAt: '1', snapshot: {} });
    history.add(actor('far'), 'relay');
    history.add(actor('near'), 'opener');
    const event = { type: '@xstate.event', sessionId: 'x:0', event: { type: 'GO' }, createdAt: '2' };
    const told = (source: Source) => history.actors.get(history.add(event, source)?.actor ?? '')?.name;
    expect([told('relay'), told('opener')]).toEqual(['far', 'near']);
  });

  it('takes a program that starts again for another one', async () => {
    const once = await recorded([]);
    const history = historyOf([...once, ...once]);
    const phones = [...history.actors.values()].filter(({ name }) => name === 'phone');
    expect(phones).toHaveLength(2);
    expect(phones[1]?.key).toBe(`${phones[0]?.key}#2`);
  });

  it('lists an actor that began before anybody looked', () => {
    const history = historyOf([
      { type: '@xstate.event', sessionId: 'x:9', sourceId: 'x:8', event: { type: 'GO' }, createdAt: '5' },
    ]);
    expect(history.entries).toMatchObject([{ kind: 'event', actor: 'x:9', from: 'x:8', event: { type: 'GO' }, at: 5 }]);
    expect([...history.actors.keys()].sort()).toEqual(['x:8', 'x:9']);
  });

  it.each([[null], [7], ['text'], [[]], [{}], [{ type: '@xstate.event' }], [{ type: 'other', sessionId: 'x:1' }]])(
    'takes no notice of %j',
    (value) => {
      expect(new History().add(value, 'relay')).toBeUndefined();
    },
  );

  it('makes do with what a message lacks', () => {
    const history = historyOf([
      { type: '@xstate.actor', sessionId: 'x:0', definition: '{' },
      { type: '@xstate.snapshot', sessionId: 'x:0', snapshot: null },
      { type: '@xstate.event', sessionId: 'x:0', event: 'GO' },
    ]);
    expect(history.entries.map(({ kind }) => kind)).toEqual(['actor', 'snapshot', 'event']);
    expect(history.actors.get('x:0')).toMatchObject({ name: 'x:0' });
    expect(instanceAt(history, 'x:0', 1)).toBeUndefined();
  });
});

describe('what was taken', () => {
  const chart = chartOf(foreign);
  const at = (screen: unknown) => activeIn(chart, { screen, sound: 'playing' });

  it('is the transition that leads from the one to the other', () => {
    expect([...takenBetween(chart, at('off'), 'POWER', at({ on: 'home' }))]).toEqual(['phone.screen.off POWER 0']);
    expect([...takenBetween(chart, at({ on: 'home' }), 'OPEN', at({ on: 'app' }))]).toEqual(['home OPEN 0']);
  });

  it('follows transitions that need no event', () => {
    expect([...takenBetween(chart, at('off'), 'POWER', at('off'))]).toEqual([
      'phone.screen.off POWER 1',
      'phone.screen.charging always 0',
    ]);
  });

  it('is nothing where no transition fits', () => {
    expect([...takenBetween(chart, at('off'), 'NOTHING', at({ on: 'home' }))]).toEqual([]);
  });
});

describe('a recording', () => {
  it('is opened as it was saved', async () => {
    const history = historyOf(await recorded([{ type: 'POWER' }]));
    const again = historyOf(messagesIn(recordingOf(history.entries.map(({ message }) => message))));
    expect(again.entries).toEqual(history.entries);
    expect([...again.actors]).toEqual([...history.actors]);
  });

  it('may be a plain list', () => {
    expect(messagesIn('[1, 2]')).toEqual([1, 2]);
  });

  it.each(['{', '{}', '7', '{"format":"regain-recording","version":2,"messages":[]}', '{"format":"x","messages":[]}'])(
    'is not %s',
    (text) => {
      expect(() => messagesIn(text)).toThrow(NoRecording);
    },
  );
});

describe('a snapshot as a tree', () => {
  it('marks what changed, came and went', () => {
    const tree = treeOf(
      'snapshot',
      { a: 1, b: { c: [1, 2] }, same: 'x' },
      { a: 0, b: { c: [1] }, gone: true, same: 'x' },
    );
    const find = (path: string[]) =>
      path.reduce<typeof tree | undefined>((so, key) => so?.children.find((child) => child.key === key), tree);
    expect(find(['a'])).toMatchObject({ change: 'changed', before: '0', text: '1' });
    expect(find(['b', 'c', '1'])).toMatchObject({ change: 'new', text: '2' });
    expect(find(['gone'])).toMatchObject({ change: 'gone', text: 'true' });
    expect(find(['same'])).toMatchObject({ touched: false });
    expect(find(['b'])).toMatchObject({ touched: true });
  });

  it('marks nothing in the first one', () => {
    expect(treeOf('snapshot', { a: { b: 1 } }, undefined, true)).toMatchObject({
      touched: false,
      children: [{ touched: false }],
    });
  });
});
