import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { ModelState } from './composed.ts';
import { transitionName } from './projection.ts';

/** What a definition holds, whoever walks it. */
export interface Defined {
  states: readonly string[];
  transitions: readonly string[];
}

function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}

export const statesOf = (machine: AnyStateMachine): string[] => [...nodesOf(machine.root)].map(({ id }) => id);

/** Every transition of a definition, by name. */
export function transitionsOf(machine: AnyStateMachine): string[] {
  return [...nodesOf(machine.root)].flatMap((node) => [
    ...[...node.transitions].flatMap(([type, candidates]) =>
      candidates.map((_, index) => transitionName(node, type, index)),
    ),
    ...(node.always ?? []).map((_, index) => transitionName(node, '', index)),
  ]);
}

/** What paths have covered, for all machines at once: names begin with the machine's. */
export class Coverage {
  readonly transitions = new Set<string>();
  readonly states = new Set<string>();

  note({ took, stood }: ModelState): void {
    for (const name of took) {
      this.transitions.add(name);
      this.states.add(name.slice(0, name.indexOf(' '))); // a state that is left at once is never one to stand in
    }
    for (const id of stood) this.states.add(id);
  }
}
