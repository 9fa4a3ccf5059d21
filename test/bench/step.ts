import { LiveActors, type Stored, step } from 'regain';
import { recoveryMachine } from 'regain/machines';
import { type AnyActorRef, type AnyStateMachine, createActor, type Snapshot } from 'xstate';
import { goal, type Part } from './figures.ts';
import { compare, type Rounds, ratioOf } from './harness.ts';
import { EVENTS, inCall, START } from './subject.ts';

const MACHINE: AnyStateMachine = recoveryMachine;
const NOW = START + 1_000;
const BARE = 'bare XState, restored';
const BARE_LIVE = 'bare XState, a live actor';
const RESTORED = 'step, restored';
const KEPT = 'step, live actors kept';

const stamped = EVENTS.map((event) => ({ ...event, at: NOW }));
const eventAt = (count: number) => stamped[count % stamped.length] as (typeof stamped)[number];

/** One event through `step`, against what a program does that saves snapshots of XState by hand. */
export async function stepPart(rounds: Rounds): Promise<Part> {
  const stored = await inCall();
  const text = JSON.stringify(stored.snapshot);
  const rest = JSON.stringify({ timers: stored.timers, calls: stored.calls });
  const figures = await compare(
    [
      { name: BARE, run: () => bare(text) },
      { name: BARE_LIVE, run: bareLive(stored) },
      { name: RESTORED, run: () => restored(text, rest) },
      { name: KEPT, run: kept(stored) },
    ],
    rounds,
  );
  return {
    id: 'step',
    title: 'Step',
    about:
      `One event of the real parent with a child, whose snapshot has ${text.length} bytes of JSON. Bare XState: parse, restore, ` +
      'start, send, persist, stringify, stop; it keeps no timer. `step` does the same and returns timers, calls and what was emitted.',
    figures,
    goals: [
      goal(
        'step that restores, against bare restoring',
        { figure: ratioOf(figures, RESTORED), limit: 1.15, is: 'at most' },
        'timers are put back and gathered, actors and references checked, at each step',
      ),
      goal(
        'step with live actors kept, against bare restoring',
        { figure: ratioOf(figures, KEPT), limit: 0.5, is: 'at most' },
        'persisting and stringifying remain',
      ),
    ],
  };
}

function bare(text: string): string {
  const actor = createActor(MACHINE, { snapshot: JSON.parse(text) as Snapshot<unknown> });
  actor.start();
  actor.send(eventAt(0));
  const kept = JSON.stringify(actor.getPersistedSnapshot());
  actor.stop();
  return kept;
}

function bareLive({ snapshot }: Stored): () => string {
  const actor: AnyActorRef = createActor(MACHINE, { snapshot: structuredClone(snapshot) as Snapshot<unknown> });
  actor.start();
  let count = 0;
  return () => {
    actor.send(eventAt(count++));
    return JSON.stringify(actor.getPersistedSnapshot());
  };
}

function restored(text: string, rest: string): string {
  const stored = { snapshot: JSON.parse(text), ...(JSON.parse(rest) as Omit<Stored, 'snapshot'>) };
  const next = step(recoveryMachine, stored, { type: 'event', event: eventAt(0) }, NOW);
  return JSON.stringify(next.snapshot) + JSON.stringify(next.timers);
}

function kept(stored: Stored): () => string {
  const live = new LiveActors();
  let last = stored;
  let count = 0;
  return () => {
    last = live.step(recoveryMachine, last, { type: 'event', event: eventAt(count++) }, NOW);
    return JSON.stringify(last.snapshot) + JSON.stringify(last.timers);
  };
}
