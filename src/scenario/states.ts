import { type AnyStateMachine, type AnyStateNode, StateMachine } from 'xstate';

/** Every state of a machine and of those that it invokes under a state of the same name, as dotted paths. */
export function knownStates(machine: AnyStateMachine): string[] {
  const below = (node: AnyStateNode): string[] =>
    Object.values(node.states).flatMap((state) => {
      const child = machine.implementations.actors[state.key];
      const inner = child instanceof StateMachine ? knownStates(child) : below(state);
      return [state.key, ...inner.map((name) => `${state.key}.${name}`)];
    });
  return below(machine.root);
}
