import type { Kysely } from 'kysely';
import { type ChainedEntry, changedSince, tamperings } from './audit-chain.ts';
import type { Known } from './known.ts';
import { Parts } from './parts.ts';
import { fromRow, type StoredRecovery, type Tables, toRequest, toTimer } from './tables.ts';
import type { StoreReader, Tampering, TrailHead } from './types.ts';

/** The entries of a trail as they are kept, in their order. */
function entriesOf(db: Kysely<Tables>, recoveryId: string): Promise<ChainedEntry[]> {
  return db
    .selectFrom('audit')
    .select(['seq', 'at', 'kind', 'data', 'salt', 'digest', 'hash'])
    .where('recovery_id', '=', recoveryId)
    .orderBy('seq')
    .execute();
}

/** Recoveries and their audit trails in any SQL database that Kysely speaks. It only reads. */
export class SqlReader implements StoreReader {
  readonly #db: Kysely<Tables>;
  readonly #parts: Parts;

  constructor(db: Kysely<Tables>, parts = new Parts()) {
    this.#db = db;
    this.#parts = parts;
  }

  record = async (row: StoredRecovery) => fromRow(row, await this.#parts.unpack(this.#db, row.snapshot));

  /** In one transaction: what a service appends meanwhile is not seen. */
  tamperings(since: readonly TrailHead[] = []): Promise<Tampering[]> {
    return this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        const heads = await trx.selectFrom('recoveries').select(['id', 'audit_seq', 'audit_hash']).execute();
        const known = new Map(heads.map(({ id, audit_seq, audit_hash }) => [id, { seq: audit_seq, hash: audit_hash }]));
        const earlier = new Map(since.map((head) => [head.recoveryId, head]));
        const trails = await trx.selectFrom('audit').select('recovery_id').distinct().execute();
        const ids = new Set([...known.keys(), ...earlier.keys(), ...trails.map((row) => row.recovery_id)]);
        const found: Tampering[] = [];
        for (const id of [...ids].sort()) {
          const entries = await entriesOf(trx, id);
          found.push(...tamperings(id, entries, known.get(id) ?? { seq: 0, hash: '' }));
          const head = earlier.get(id);
          if (head) found.push(...changedSince(head, entries));
        }
        return found;
      });
  }

  async trailHeads(): Promise<TrailHead[]> {
    const rows = await this.#db
      .selectFrom('recoveries')
      .innerJoin('audit', (join) =>
        join.onRef('audit.recovery_id', '=', 'recoveries.id').onRef('audit.seq', '=', 'recoveries.audit_seq'),
      )
      .select(['recoveries.id', 'audit.seq', 'audit.hash', 'audit.at'])
      .orderBy('recoveries.id')
      .execute();
    return rows.map(({ id, ...head }) => ({ recoveryId: id, ...head }));
  }

  load = async (id: string): Promise<Known | undefined> => {
    const row = await this.#db.selectFrom('recoveries').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const timers = await this.#db
      .selectFrom('timers')
      .selectAll()
      .where('recovery_id', '=', id)
      .orderBy('position')
      .execute();
    return {
      recovery: await this.record(row),
      timers: timers.map(toTimer),
      positions: new Map(timers.map(({ id, position }) => [id, position])),
      head: { seq: row.audit_seq, hash: row.audit_hash },
      awaits: true,
    };
  };

  async audit(recoveryId: string, after = 0) {
    const rows = await this.#db
      .selectFrom('audit')
      .selectAll()
      .where('recovery_id', '=', recoveryId)
      .where('seq', '>', after)
      .orderBy('seq')
      .execute();
    return rows.map(({ seq, at, kind, data }) => ({
      seq,
      at,
      kind,
      data: data === null ? { erased: true } : JSON.parse(data),
    }));
  }

  async requestsOf(recoveryId: string) {
    const rows = await this.#db.selectFrom('requests').selectAll().where('recovery_id', '=', recoveryId).execute();
    return rows.map(toRequest);
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }
}
