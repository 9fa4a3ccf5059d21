import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { durable, isMachine, portOf } from './durable.ts';

/**
 * Names of the ports (promise actors) that a machine and those that it invokes may call, sorted.
 * @throws DurabilityError for a machine that cannot be durable.
 */
export function portsIn(machine: AnyStateMachine): string[] {
  const names = new Set<string>();
  collect(durable(machine), names, new Set());
  return [...names].sort();
}

function collect(machine: AnyStateMachine, names: Set<string>, seen: Set<AnyStateMachine>): void {
  if (seen.has(machine)) return; // it invokes itself
  seen.add(machine);
  for (const logic of [...Object.values(machine.implementations.actors), ...inPlace(machine.root)]) {
    const port = portOf(logic);
    if (port !== undefined) names.add(port);
    else if (isMachine(logic)) collect(logic, names, seen);
  }
}

/** Logic that is written in place. */
function* inPlace(node: AnyStateNode): Generator<object> {
  const invokes: { src: unknown }[] = [node.config.invoke ?? []].flat();
  for (const { src } of invokes) if (typeof src === 'object' && src !== null) yield src;
  for (const child of Object.values(node.states)) yield* inPlace(child);
}
