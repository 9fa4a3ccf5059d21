import { type ColumnDefinitionBuilder, type Kysely, type Migration, SqliteAdapter, sql } from 'kysely';

/** The tables, as code; each migration is run once on open and recorded in `kysely_migration`. */
export const migrations: Record<string, Migration> = {
  '0001_recoveries_with_retention': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('recoveries')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('device_id', 'text', (column) => column.notNull())
        .addColumn('live', 'integer', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('machine_version', 'text', (column) => column.notNull())
        .addColumn('policy_version', 'text', (column) => column.notNull())
        .addColumn('snapshot', 'text', (column) => column.notNull())
        .addColumn('calls', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addColumn('audit_seq', 'integer', (column) => column.notNull())
        .addColumn('audit_hash', 'text', (column) => column.notNull())
        .execute();
      // One live recovery an account, whatever the callers do at once.
      await sql`create unique index recoveries_live on recoveries (account_id) where live = 1`.execute(db);
      await db.schema.createIndex('recoveries_account').on('recoveries').column('account_id').execute();
      await db.schema.createIndex('recoveries_created').on('recoveries').columns(['created_at', 'id']).execute();

      await db.schema
        .createTable('timers')
        .addColumn('recovery_id', 'text', (column) => column.notNull().references('recoveries.id'))
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addColumn('due_at', 'bigint', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('timers_key', ['recovery_id', 'id'])
        .execute();
      await db.schema.createIndex('timers_due').on('timers').columns(['due_at', 'recovery_id']).execute();

      await db.schema
        .createTable('requests')
        .addColumn('recovery_id', 'text', (column) => column.notNull().references('recoveries.id'))
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('path', 'text', (column) => column.notNull())
        .addColumn('port', 'text', (column) => column.notNull())
        .addColumn('attempt', 'integer', (column) => column.notNull())
        .addColumn('input', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('tries', 'integer', (column) => column.notNull())
        .addColumn('not_before', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('requests_key', ['recovery_id', 'key'])
        .execute();
      await db.schema.createIndex('requests_due').on('requests').columns(['not_before']).execute();

      await db.schema
        .createTable('audit')
        .addColumn('recovery_id', 'text', (column) => column.notNull().references('recoveries.id'))
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('data', 'text')
        .addColumn('salt', 'text')
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('audit_key', ['recovery_id', 'seq'])
        .execute();

      await db.schema
        .createTable('ledger')
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('recovery_id', 'text', (column) => column.notNull().references('recoveries.id'))
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('path', 'text')
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('until', 'bigint')
        .addPrimaryKeyConstraint('ledger_key', ['recovery_id', 'position'])
        .execute();
      await db.schema.createIndex('ledger_account').on('ledger').columns(['account_id', 'at']).execute();

      await db.schema
        .createTable('retention')
        .addColumn('recovery_id', 'text', (column) => column.notNull().references('recoveries.id'))
        .addColumn('class', 'text', (column) => column.notNull())
        .addColumn('due_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('retention_key', ['recovery_id', 'class'])
        .execute();
      await db.schema.createIndex('retention_due').on('retention').columns(['due_at', 'class']).execute();
    },
  },
  '0002_machines': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('machines')
        .addColumn('version', 'text', (column) => column.primaryKey())
        .addColumn('structure', 'text', (column) => column.notNull())
        .execute();
      await sql`create index recoveries_active on recoveries (machine_version, id) where status = 'active'`.execute(db);
    },
  },
  '0003_codes': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('codes')
        .addColumn('slot', 'text', (column) => column.primaryKey())
        .addColumn('data', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0004_service': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('receipts')
        .addColumn('scope', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('recovery_id', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('answer', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('receipts_key', ['scope', 'key'])
        .execute();
      await db.schema.createIndex('receipts_at').on('receipts').column('at').execute();

      await db.schema
        .createTable('limits')
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('count', 'integer', (column) => column.notNull())
        .addColumn('until', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('limits_until').on('limits').column('until').execute();

      await db.schema
        .createTable('settings')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0005_parts': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('parts')
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('data', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0006_timers_in_one_tree': {
    /** SQLite keeps a key twice, in the table and in an index, unless it is told that the key is the table's order. */
    async up(db: Kysely<unknown>) {
      if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return;
      await sql`create table timers_new (
        recovery_id text not null references recoveries (id), id text not null, source text not null, target text not null,
        event text not null, due_at bigint not null, position integer not null, primary key (recovery_id, id)
      ) without rowid`.execute(db);
      await sql`insert into timers_new select recovery_id, id, source, target, event, due_at, position from timers`.execute(
        db,
      );
      await sql`drop table timers`.execute(db);
      await sql`alter table timers_new rename to timers`.execute(db);
      await sql`create index timers_due on timers (due_at, recovery_id)`.execute(db);
    },
  },
  '0007_leases': {
    async up(db: Kysely<unknown>) {
      for (const table of ['timers', 'requests']) {
        const until = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0);
        await db.schema.alterTable(table).addColumn('leased_until', 'bigint', until).execute();
        const owner = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('');
        await db.schema.alterTable(table).addColumn('owner', 'text', owner).execute();
      }
    },
  },
};
