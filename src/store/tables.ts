import type { Generated, Insertable, Kysely, Selectable } from 'kysely';
import type { Timer } from '../core/index.ts';
import type { AuditEntry, ErasureDate, LedgerEntry, RecoveryRecord, RequestRecord } from './types.ts';

interface RecoveryTable {
  id: string;
  account_id: string;
  device_id: string;
  live: number;
  status: RecoveryRecord['status'];
  state: string;
  version: number;
  machine_version: string;
  policy_version: string;
  snapshot: string;
  calls: string;
  created_at: number;
  updated_at: number;
  /** The last entry of the audit trail and its hash. */
  audit_seq: number;
  audit_hash: string;
}
interface TimerTable {
  recovery_id: string;
  id: string;
  source: string;
  target: string;
  event: string;
  due_at: number;
  position: number;
  /** The host that has taken it, and until when: 0 where one alone has the store. */
  owner: Generated<string>;
  leased_until: Generated<number>;
}
interface RequestTable {
  recovery_id: string;
  key: string;
  path: string;
  port: string;
  attempt: number;
  input: string;
  at: number;
  kind: RequestRecord['kind'];
  tries: number;
  not_before: number;
  /** As of a timer. */
  owner: Generated<string>;
  leased_until: Generated<number>;
}
interface AuditTable {
  recovery_id: string;
  seq: number;
  at: number;
  kind: AuditEntry['kind'];
  data: string | null;
  salt: string | null;
  digest: string;
  hash: string;
}
interface LedgerTable {
  account_id: string;
  recovery_id: string;
  position: number;
  kind: LedgerEntry['kind'];
  path: string | null;
  at: number;
  until: number | null;
}
interface RetentionTable {
  recovery_id: string;
  class: ErasureDate['class'];
  due_at: number;
}
interface CodeTable {
  /** A hash of kind, account and purpose: it says nothing of whose they are. */
  slot: string;
  /** JSON of a `CodeSlot`. */
  data: string;
}
interface ReceiptTable {
  scope: string;
  key: string;
  recovery_id: string;
  digest: string;
  at: number;
  answer: string;
}
interface LimitTable {
  key: string;
  count: number;
  until: number;
}
interface SettingTable {
  name: string;
  value: string;
}
interface PartTable {
  hash: string;
  /** JSON. */
  data: string;
}
interface MachineTable {
  version: string;
  structure: string;
}
export interface Tables {
  recoveries: RecoveryTable;
  timers: TimerTable;
  requests: RequestTable;
  audit: AuditTable;
  ledger: LedgerTable;
  retention: RetentionTable;
  codes: CodeTable;
  receipts: ReceiptTable;
  limits: LimitTable;
  settings: SettingTable;
  machines: MachineTable;
  parts: PartTable;
}

/** A database, or a transaction in it. */
export type Trx = Kysely<Tables>;

export type StoredRecovery = Selectable<RecoveryTable>;
export type RecoveryRow = Insertable<RecoveryTable>;
/** Without the end of its trail. */
export type Row = Omit<RecoveryRow, 'audit_seq' | 'audit_hash'>;
export type TimerRow = Insertable<TimerTable>;
export type RequestRow = Insertable<RequestTable>;

/** @param snapshot its text, packed. */
export const toRow = (recovery: RecoveryRecord, snapshot: string): Row => ({
  id: recovery.id,
  account_id: recovery.accountId,
  device_id: recovery.deviceId,
  live: recovery.live ? 1 : 0,
  status: recovery.status,
  state: recovery.state,
  version: recovery.version,
  machine_version: recovery.machineVersion,
  policy_version: recovery.policyVersion,
  snapshot,
  calls: JSON.stringify(recovery.calls),
  created_at: recovery.createdAt,
  updated_at: recovery.updatedAt,
});

/** @param snapshot unpacked. */
export const fromRow = (row: Selectable<RecoveryTable>, snapshot: unknown): RecoveryRecord => ({
  id: row.id,
  accountId: row.account_id,
  deviceId: row.device_id,
  live: row.live === 1,
  status: row.status,
  state: row.state,
  version: row.version,
  machineVersion: row.machine_version,
  policyVersion: row.policy_version,
  snapshot,
  calls: JSON.parse(row.calls),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export const toTimer = (row: Selectable<TimerTable>): Timer => ({
  id: row.id,
  source: row.source,
  target: row.target,
  event: JSON.parse(row.event),
  dueAt: row.due_at,
});

export const toRequest = ({
  recovery_id,
  not_before,
  owner: _,
  leased_until: _until,
  ...row
}: Selectable<RequestTable>): RequestRecord => ({
  ...row,
  recoveryId: recovery_id,
  notBefore: not_before,
});
