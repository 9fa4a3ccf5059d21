import type { AnyStateMachine, PromiseActorLogic } from 'xstate';
import { paths } from '../../../machines/paths.ts';
import { type PortInput, type PortName, port, ports as portSpecs } from '../../../machines/ports.ts';
import { recoveryMachine } from '../../../machines/recovery.ts';
import type { PortCall, Ports } from '../../../src/adapters/ports.ts';

const never = new AbortController().signal;

/**
 * The parent with its eight paths, and ports for all of them: this is all that a front end needs to run it in the page.
 * @param now instant of a call, in ms.
 */
export function walletMachine(ports: Ports, recoveryId: string, now: () => number): typeof recoveryMachine {
  let calls = 0;
  const actorOf = <K extends PortName>(name: K, path: string): PromiseActorLogic<never, never> =>
    port(name, async (input: PortInput<K>) => {
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
      return portSpecs[name].output.parse(await carryOut(input, call)) as never;
    }) as never;
  const actorsFor = (machine: AnyStateMachine, path: string) =>
    Object.fromEntries(
      Object.keys(machine.implementations.actors)
        .filter((name): name is PortName => name in portSpecs)
        .map((name) => [name, actorOf(name, path)]),
    );
  return recoveryMachine.provide({
    actors: {
      ...actorsFor(recoveryMachine, 'recovery'),
      ...Object.fromEntries(paths.map(({ id, machine }) => [id, machine.provide({ actors: actorsFor(machine, id) })])),
    } as never,
  });
}
