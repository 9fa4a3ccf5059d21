import { createBrowserInspector } from '@statelyai/inspect';
import { createActor, createMachine } from 'xstate';

// A program in a page, of another origin or of the inspector's own: `#window=ADDRESS`, `#frame=…` or `#channel=…`.

const [[way = '', url = ''] = []] = new URLSearchParams(location.hash.slice(1));
const channel = new BroadcastChannel('xstate-inspect');
const frame = document.querySelector('iframe');

const { inspect } = createBrowserInspector({
  url,
  ...(way === 'frame' && frame ? { iframe: frame } : {}),
  ...(way === 'channel' ? { autoStart: false, send: (event) => channel.postMessage(JSON.stringify(event)) } : {}),
});

const lamp = createMachine({
  id: 'lamp',
  initial: 'dark',
  states: { dark: { on: { SWITCH: 'bright' } }, bright: { on: { SWITCH: 'dark' }, after: { 900000: 'dark' } } },
});
const actor = createActor(lamp, { inspect });
actor.start();
document.body.addEventListener('click', () => actor.send({ type: 'SWITCH' }));
