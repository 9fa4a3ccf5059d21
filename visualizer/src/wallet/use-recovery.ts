import { useActorRef, useSelector } from '@xstate/react';
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ActorRef, AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { AccountFacts } from '../../../machines/account.ts';
import type { Refused } from '../../../machines/outcome.ts';
import { policyOf } from '../../../machines/policy.ts';
import { createSandbox, type Sandbox } from '../../../src/adapters/sandbox.ts';
import { checkedEvent } from '../../../src/host/check.ts';
import { Refusal } from '../../../src/host/refusal.ts';
import { type RecoveryView, viewOf } from '../../../src/host/view.ts';
import { sender } from '../../../src/scenario/sender.ts';
import { EVENTS, PARENT, PATHS } from '../registry.ts';
import { noteTaken, type Taken } from '../simulator/taken.ts';
import { WalletClock } from './clock.ts';
import { walletMachine } from './machine.ts';

export type WalletEvent = { type: string } & Record<string, unknown>;

/** A recovery as the wallet's screens and the chart beside them need it. */
export interface WalletRecovery {
  view: RecoveryView;
  account: AccountFacts;
  sandbox: Sandbox;
  clock: WalletClock;
  now: number;
  /** Context of the path under way: what the world beside the phone knows. */
  path: Record<string, unknown>;
  refused: Refused | undefined;
  snapshot: unknown;
  taken: Taken;
  send(event: WalletEvent, as?: string): void;
}

const RECOVERY_ID = 'r1';
const DEVICE = { deviceId: 'd1' };
const COST = 1_024; // scrypt's N: it is a sandbox, and the page has to answer

interface World {
  sandbox: Sandbox;
  clock: WalletClock;
  machine: typeof PARENT;
}

function worldOf(account: AccountFacts, start: number): World {
  const clock = new WalletClock(start);
  const sandbox = createSandbox({ accounts: [account], clock: clock.now, passwordCost: COST, paths: PATHS });
  return { sandbox, clock, machine: walletMachine(sandbox.ports, RECOVERY_ID, clock.now) };
}

/** Runs the parent machine in the page, over the ports of a sandbox. */
export function useRecovery(account: AccountFacts, start: number): WalletRecovery {
  const [{ sandbox, clock, machine }] = useState(() => worldOf(account, start));
  const { seen, inspect } = useSeen();
  const policy = useMemo(() => policyOf(), []);
  const actor = useActorRef(machine, {
    clock: clock as never,
    inspect,
    input: {
      recoveryId: RECOVERY_ID,
      accountId: account.accountId,
      device: DEVICE,
      network: { ip: '127.0.0.1' },
      policy,
      at: start,
    },
  });
  const root = useSelector(actor, (snapshot) => snapshot);
  const child = Object.values(root.children).find((each) => each && isMachine(each));
  const inner = useSelector(child as ActorRef<AnyMachineSnapshot, never> | undefined, (snapshot) => snapshot);
  const now = useSyncExternalStore(clock.subscribe, clock.now);
  const [refusal, setRefusal] = useState<Refused>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is persisted changes with what the actors tell
  const snapshot = useMemo(() => actor.getPersistedSnapshot(), [actor, root, inner]);
  const view = useMemo(
    () => viewIn(account, start, root, inner, snapshot, now),
    [account, start, root, inner, snapshot, now],
  );
  const send = useCallback(
    (event: WalletEvent, as?: string) => {
      setRefusal(undefined);
      seen.refused = undefined;
      try {
        const { by, event: said } = sender(event, as, EVENTS);
        const { checked } = checkedEvent(EVENTS, said, by, DEVICE.deviceId);
        actor.send({ ...checked, at: clock.now() } as never);
        if (seen.refused) setRefusal(seen.refused);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, reason, field } = error;
        setRefusal({ type: 'refused', code, ...(reason ? { reason } : {}), ...(field ? { field } : {}) });
      }
    },
    [actor, clock, seen],
  );
  const path = (inner?.context ?? {}) as Record<string, unknown>;
  return { view, account, sandbox, clock, now, path, refused: refusal, snapshot, taken: seen.taken, send };
}

const isMachine = (actor: AnyActorRef) => 'machine' in (actor.getSnapshot() ?? {});

/** What inspection tells: the transitions that were taken last, and the last refusal. */
function useSeen() {
  const seen = useRef<{ taken: Taken; refused: Refused | undefined }>({ taken: new Map(), refused: undefined });
  const gathered = useRef<Map<string, Set<string>>>(undefined);
  const inspect = useCallback((event: InspectionEvent) => {
    if (event.type === '@xstate.actor') {
      (event.actorRef as AnyActorRef).on('*', (emitted) => {
        if (emitted.type === 'refused') seen.current.refused = emitted as unknown as Refused;
      });
    }
    if (event.type !== '@xstate.microstep') return;
    if (!gathered.current) {
      gathered.current = new Map();
      seen.current.taken = gathered.current;
      queueMicrotask(() => {
        gathered.current = undefined;
      });
    }
    noteTaken(gathered.current, event.actorRef as AnyActorRef, event._transitions);
  }, []);
  return { seen: seen.current, inspect };
}

/** The recovery as the service would show it. */
function viewIn(
  account: AccountFacts,
  start: number,
  root: AnyMachineSnapshot,
  inner: AnyMachineSnapshot | undefined,
  snapshot: unknown,
  now: number,
): RecoveryView {
  const isDone = root.status === 'done';
  const names = namesIn(root.value as Value);
  const path = String(root.context.path ?? '');
  const state =
    inner && names.at(-1) === path && inner.status === 'active' ? [...names, ...namesIn(inner.value as Value)] : names;
  const record = {
    id: RECOVERY_ID,
    accountId: account.accountId,
    deviceId: DEVICE.deviceId,
    live: !isDone,
    status: isDone ? ('done' as const) : ('active' as const),
    state: state.join('.'),
    version: 1,
    machineVersion: '',
    policyVersion: '',
    snapshot,
    calls: {},
    createdAt: start,
    updatedAt: now,
  };
  return viewOf(PARENT, PATHS, record, [], now);
}

type Value = string | { [key: string]: Value };
const namesIn = (value: Value): string[] =>
  typeof value === 'string' ? [value] : Object.entries(value).flatMap(([key, below]) => [key, ...namesIn(below)]);
