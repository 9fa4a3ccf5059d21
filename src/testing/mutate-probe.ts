import { type AnyStateMachine, and } from 'xstate';
import { edited, listed, machineFrom, nodesOf, placeOf, transitionsOf, wayTo, withCandidate } from './mutate-places.ts';

/**
 * The same machine, which tells what it reaches: states entered, transitions taken, guards asked (`…?`), delays set. What a
 * check does not reach it cannot judge: `Mutant.places` names what has to be reached.
 */
export function probed(machine: AnyStateMachine, note: (place: string) => void): AnyStateMachine {
  let config: unknown = machine.config;
  for (const place of transitionsOf(machine)) {
    const at = `${placeOf(machine.id, place.node)}#${place.event}[${place.index}]`;
    config = withCandidate(config, place, ({ actions, guard, ...rest }) => ({
      ...rest,
      ...(guard === undefined ? {} : { guard: and([noted(note, `${at}?`), guard as never]) }),
      actions: [...listed(actions), () => note(at)],
    }));
  }
  for (const node of nodesOf(machine.root)) {
    const state = placeOf(machine.id, node);
    config = edited(config, [...wayTo(node), 'entry'], (entry) => [() => note(state), ...listed(entry)]);
  }
  const delays = Object.fromEntries(
    Object.entries(machine.implementations.delays).map(([name, delay]) => [
      name,
      (...args: unknown[]) => {
        note(`${machine.id}#delays.${name}`);
        return typeof delay === 'function' ? (delay as (...args: unknown[]) => number)(...args) : delay;
      },
    ]),
  );
  return machineFrom(machine, config, { delays } as Partial<AnyStateMachine['implementations']>);
}

const noted = (note: (place: string) => void, place: string) => () => {
  note(place);
  return true;
};
