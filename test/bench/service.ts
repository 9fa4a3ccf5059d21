import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from 'regain/postgres';
import { openSqlite } from 'regain/sqlite';
import { Server } from '../postgres/server.ts';
import { type Figure, goal, type Part } from './figures.ts';
import { ratioOf } from './harness.ts';
import { inTurns, Programs } from './served.ts';

const CONNECTIONS = [32, 64];
const ON_SQLITE = 'the service on SQLite';

/** Events over HTTP to the real service, with all its checks, against a bare route. */
export async function servicePart({ quick }: { quick: boolean }): Promise<Part> {
  const rounds = quick ? { rounds: 3, ms: 2_000 } : { rounds: 7, ms: 5_000 };
  const programs = new Programs(Math.max(...CONNECTIONS));
  const postgres = await Server.start(tmpdir());
  const figures: Figure[] = [];
  try {
    const sides = [
      await programs.byHand('bare route', 'all'),
      await programs.service(ON_SQLITE, join(programs.folder, 'service.sqlite'), openSqlite),
      await programs.service('the service on PostgreSQL', await postgres.database(), openPostgres),
    ];
    for (const connections of CONNECTIONS) figures.push(...(await inTurns(sides, connections, rounds)));
  } finally {
    await programs.end();
    await postgres.stop();
  }
  return {
    id: 'service',
    title: 'Service over HTTP',
    about:
      'Events over HTTP on loopback, each sender with a connection and a recovery of its own, SQLite with FULL, PostgreSQL with fsync. ' +
      'The service checks tokens, devices, schemas, idempotency keys and limits, and writes receipts and the audit trail. The bare ' +
      'route does the event by hand on SQLite with FULL, with grouped commits, and checks nothing. The senders share the machine with all.',
    figures,
    goals: CONNECTIONS.map((connections) =>
      goal(
        `${ON_SQLITE} against the bare route, ${connections} connections`,
        { figure: ratioOf(figures, `${connections} connections: ${ON_SQLITE}`), limit: 0.6, is: 'at least' },
        'a token is verified, limits are counted in a transaction, a receipt is written, and a view with texts is made, for each event',
      ),
    ),
  };
}
