import { assign, setup } from 'xstate';
import { z } from 'zod';
import {
  endings,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
} from '../../machines/path.ts';
import { paths } from '../../machines/paths.ts';
import { port } from '../../machines/ports.ts';

// A ninth path in two versions: the second has another name for its first state, and asks for one more thing.

const parts = setup({
  types: { context: {} as PathContext, input: {} as PathInput },
  actors: { crossCheckDevice: port('crossCheckDevice') },
  actions: { grant: assign({ factors: ['possession:stamp'] }) },
  delays: { idleTimeout: ({ context }) => context.policy.recovery.idleTimeout },
});
const call = {
  id: 'crossCheckDevice',
  src: 'crossCheckDevice',
  input: ({ context }: { context: PathContext }) => ({ accountId: context.account.accountId, device: context.device }),
  onError: 'rejected',
} as const;

const first = parts.createMachine({
  id: 'stamp',
  context: ({ input }) => pathContext(input),
  output: pathOutput('stamp'),
  initial: 'waiting',
  states: {
    waiting: { on: { 'stamp.show': 'checking' }, after: { idleTimeout: 'expired' } },
    checking: { invoke: { ...call, onDone: { target: 'verified', actions: 'grant' } } },
    ...endings('3'),
    unavailable: { id: 'unavailable', always: 'rejected' },
  },
});

const second = parts.createMachine({
  id: 'stamp',
  context: ({ input }) => pathContext(input),
  output: pathOutput('stamp'),
  initial: 'presenting',
  states: {
    presenting: { on: { 'stamp.show': 'checking' }, after: { idleTimeout: 'expired' } },
    checking: { invoke: { ...call, onDone: 'confirming' } },
    confirming: {
      on: { 'stamp.confirm': { target: 'verified', actions: 'grant' } },
      after: { idleTimeout: 'expired' },
    },
    ...endings('3'),
    unavailable: { id: 'unavailable', always: 'rejected' },
  },
});

const event = { from: 'owner', schema: z.strictObject({ type: z.string() }) } as const;
const path = (machine: RecoveryPath['machine'], events: RecoveryPath['events']): RecoveryPath => ({
  id: 'stamp',
  title: { 'zh-CN': '印章', en: 'Stamp' },
  section: '3',
  order: 'selfService',
  grants: ['possession'],
  machine,
  events: { ...events },
  ineligible: () => undefined,
});

/** The eight paths and the ninth, as they were in version 1. */
export const before: readonly RecoveryPath[] = [...paths, path(first, { 'stamp.show': event })];
/** As they are in version 2. */
export const after: readonly RecoveryPath[] = [...paths, path(second, { 'stamp.show': event, 'stamp.confirm': event })];
