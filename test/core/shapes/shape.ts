import { type AnyActorRef, type AnyEventObject, type AnyStateMachine, fromPromise } from 'xstate';

/** A small machine of one shape, with the events that a walk over it may send. */
export interface Shape {
  name: string;
  about: string;
  machine: AnyStateMachine;
  events: readonly AnyEventObject[];
  /** By how much its delays are longer than those of the others, which are up to 5000 ms. */
  unit?: number;
}

/** Where the ports of a machine that runs live are answered. */
export interface Board {
  call(self: AnyActorRef, port: string): Promise<unknown>;
}

const boards = new WeakMap<object, Board>();

export const connect = (system: object, board: Board) => void boards.set(system, board);

/** A promise actor whose promise the test settles. Inside `step` it must never run. */
export const port = (name: string) =>
  fromPromise<string, unknown>(({ self, system }) => {
    const board = boards.get(system);
    if (!board) throw new Error(`port '${name}' was run, not recorded`);
    return board.call(self, name) as Promise<string>;
  });
