import { and, assign, fromPromise, not, setup } from 'xstate';

/** A machine of somebody else's, with all that a chart can have. */
const player = setup({}).createMachine({
  id: 'player',
  initial: 'stopped',
  states: { stopped: { on: { PLAY: 'playing' } }, playing: { after: { 2700000: 'stopped' } } },
});

export const foreign = setup({
  guards: { isCharged: () => true, isLocked: () => false },
  actors: { player, fetchTracks: fromPromise(async () => ['one']) },
  actions: { noteTrack: () => {}, hum: () => {} },
  delays: { nap: 1_000 },
}).createMachine({
  id: 'phone',
  type: 'parallel',
  description: 'A telephone that plays music.',
  states: {
    screen: {
      initial: 'off',
      on: { HOME: { target: '.on.home', reenter: true } },
      states: {
        off: {
          tags: ['dark'],
          on: { POWER: [{ guard: and(['isCharged', not('isLocked')]), target: 'on' }, { target: 'charging' }] },
        },
        charging: { always: { guard: 'isCharged', target: 'off', actions: 'hum' } },
        on: {
          initial: 'home',
          entry: ['hum', assign({})],
          exit: { type: 'hum', params: { loud: true } },
          on: { POWER: 'off', '*': { actions: 'hum' } },
          onDone: 'off',
          states: {
            home: { id: 'home', on: { OPEN: 'app', 'dotted.event': '#phone.sound' } },
            app: { on: { BACK: 'last', QUIT: 'over' }, after: { nap: '#home' } },
            last: { type: 'history', history: 'deep', target: 'home' },
            over: { type: 'final' },
          },
        },
      },
    },
    sound: {
      initial: 'loading',
      states: {
        loading: {
          invoke: {
            src: 'fetchTracks',
            onDone: { target: 'playing', actions: 'noteTrack' },
            onError: { target: 'loading', reenter: true },
          },
        },
        playing: { invoke: { id: 'music', src: 'player', onSnapshot: { actions: 'noteTrack' } } },
      },
    },
  },
});
