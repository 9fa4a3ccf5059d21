import { type AnyStateMachine, fromPromise, type PromiseActorLogic } from 'xstate';
import { parse } from 'zod';
import type { PortSpec } from '../../../machines/own-parts.ts';
import type { OwnPorts, PortCall, Ports } from '../../../src/adapters/ports.ts';
import { PARENT, PATHS, PORTS } from '../registry.ts';

const never = new AbortController().signal;

/**
 * The parent with its paths, and ports for all of them: this is all that a front end needs to run it in the page.
 * @param now instant of a call, in ms.
 */
export function walletMachine(ports: Ports & OwnPorts, recoveryId: string, now: () => number): typeof PARENT {
  let calls = 0;
  const actorOf = (name: string, { output }: PortSpec, path: string): PromiseActorLogic<unknown> =>
    fromPromise(async ({ input }) => {
      calls += 1;
      const call: PortCall = {
        key: `${recoveryId}/${path}/${name}/${calls}`,
        recoveryId,
        path,
        step: name,
        attempt: calls,
        at: now(),
        signal: never,
      };
      const carryOut = ports[name] as (input: unknown, call: PortCall) => Promise<unknown>;
      return parse(output, await carryOut(input, call));
    });
  const actorsFor = (machine: AnyStateMachine, path: string) =>
    Object.fromEntries(
      Object.keys(machine.implementations.actors).flatMap((name) => {
        const spec = PORTS[name];
        return spec ? [[name, actorOf(name, spec, path)]] : [];
      }),
    );
  return PARENT.provide({
    actors: {
      ...actorsFor(PARENT, 'recovery'),
      ...Object.fromEntries(PATHS.map(({ id, machine }) => [id, machine.provide({ actors: actorsFor(machine, id) })])),
    } as never,
  });
}
