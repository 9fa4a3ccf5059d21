import type { Timer } from '../../src/core/index.ts';
import type { Change, RecoveryRecord } from '../../src/store/types.ts';

// Recoveries, timers, calls and changes for tests of stores.

export const recovery = (part: Partial<RecoveryRecord> = {}): RecoveryRecord => ({
  id: 'r1',
  accountId: 'a1',
  deviceId: 'd1',
  live: true,
  status: 'active',
  state: 'choosing.offering',
  version: 1,
  machineVersion: '1',
  policyVersion: '1',
  snapshot: { value: 'x' },
  calls: { '/loadAccount': 1 },
  createdAt: 10,
  updatedAt: 10,
  ...part,
});
export const timer = (id: string, dueAt: number): Timer => ({ id, source: '', target: '', event: { type: id }, dueAt });
export const change = (part: Partial<Change> = {}): Change => ({
  recovery: recovery(),
  from: null,
  timers: [],
  requests: [],
  awaited: [],
  audit: [{ at: 10, kind: 'start', data: { to: 'x' } }],
  ledger: [],
  ...part,
});
export const request = (key: string) => ({
  recoveryId: 'r1',
  key,
  path: '',
  port: 'loadAccount',
  attempt: 1,
  input: '{}',
  kind: 'awaited' as const,
  tries: 0,
  at: 10,
  notBefore: 10,
});
