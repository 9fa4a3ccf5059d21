import { join } from 'node:path';
import { openSqlite } from 'regain/sqlite';
import { startRestate } from '../restate/server.ts';
import { goal, type Part } from './figures.ts';
import { ratioOf } from './harness.ts';
import { inTurns, Programs } from './served.ts';

const CONNECTIONS = 32;
const OURS = 'the service on SQLite';

/** The same charts with what people would pick instead. */
export async function insteadPart({ quick }: { quick: boolean }): Promise<Part> {
  const rounds = quick ? { rounds: 3, ms: 2_000 } : { rounds: 7, ms: 5_000 };
  const programs = new Programs(CONNECTIONS);
  const restate = await startRestate();
  try {
    const sides = [
      await programs.rival('@restatedev/xstate on Restate', restate),
      await programs.service(OURS, join(programs.folder, 'service.sqlite'), openSqlite),
      await programs.byHand('XState, snapshots saved by hand', 'snapshots'),
    ];
    const figures = await inTurns(sides, CONNECTIONS, rounds);
    return {
      id: 'instead',
      title: 'Against what people would pick instead',
      about:
        'The recovery chart with its child, the same events, over HTTP on loopback: `@restatedev/xstate` behind a server of Restate, ' +
        'asked at the server as its README says; our service with all its checks; and a route that restores the chart from its row, ' +
        'sends, and saves the row again, on SQLite with FULL and grouped commits. All that is answered is safe from a power failure ' +
        'as each does it by default.',
      figures,
      goals: [
        goal(
          'our service against @restatedev/xstate',
          { figure: ratioOf(figures, `${CONNECTIONS} connections: ${OURS}`), limit: 6, is: 'at least' },
          'the checks of the service cost what the part above shows',
        ),
      ],
      notes: [
        'What the others do that ours does not: Restate replicates what it keeps over several servers and moves work between them by ' +
          'itself (our own host on Restate has that from it, at the rate in the part on hosts); `@restatedev/xstate` lets a caller wait ' +
          'for a tag or the end by an awakeable, and takes any machine as it is, actors by `fromPromise` included. By hand there is nothing ' +
          'to learn.',
        'What they lose: `@restatedev/xstate` counts `after` from when its message is processed, sends an event in its journal as it is, ' +
          'password included, and answers with the whole snapshot; nothing is refused before it reaches the chart, nobody is asked who he ' +
          'is, and there is no audit trail. XState with snapshots saved by hand loses every timer at a restart: an `after` that is restored ' +
          'never fires; what a port was asked when the process died is not asked again; nothing says who did what.',
      ],
    };
  } finally {
    await programs.end();
    await restate.close();
  }
}
