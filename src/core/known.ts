import type { AnyStateMachine } from 'xstate';
import { isMachine } from './durable.ts';
import { DurabilityError } from './errors.ts';
import { holdsRef } from './refs.ts';

interface Persisted {
  context?: unknown;
  children?: Record<string, { src: unknown; snapshot: Persisted }>;
}

/**
 * XState drops a child whose logic it cannot find: that is refused.
 * @returns whether some context holds an actor reference.
 */
export function checkActors(machine: AnyStateMachine, snapshot: unknown, path = machine.id): boolean {
  const persisted = snapshot as Persisted;
  let holdsRefs = holdsRef(persisted.context);
  for (const [id, child] of Object.entries(persisted.children ?? {})) {
    const logic = logicOf(machine, child.src);
    if (!logic) {
      throw new DurabilityError(
        'unknownActor',
        `the stored state of '${path}' has a child '${id}' made from '${child.src}', which machine '${machine.id}' does not know; ` +
          `it knows ${Object.keys(machine.implementations.actors).join(', ') || 'none'}`,
      );
    }
    if (isMachine(logic) && checkActors(logic, child.snapshot, `${path}/${id}`)) holdsRefs = true;
  }
  return holdsRefs;
}

/** The logic that a stored child was made from; undefined where the machine does not know it. */
export function logicOf(machine: AnyStateMachine, src: unknown): unknown {
  const name = String(src);
  return name.startsWith('xstate.invoke.') ? inlineLogic(machine, name) : machine.implementations.actors[name];
}

function inlineLogic(machine: AnyStateMachine, src: string): unknown {
  const [, index, nodeId] = /^xstate\.invoke\.(\d+)\.(.*)$/.exec(src) ?? [];
  try {
    const { invoke } = machine.getStateNodeById(nodeId ?? '').config;
    return (Array.isArray(invoke) ? invoke : [invoke])[Number(index)]?.src;
  } catch {
    return undefined;
  }
}
