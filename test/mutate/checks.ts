import { paths } from '../../machines/paths.ts';
import { viewOf } from '../../src/host/view.ts';
import {
  type Check,
  type ExploreOptions,
  type PathCheckOptions,
  pathChecks,
  propertyChecks,
} from '../../src/testing/index.ts';
import { machinesOf, parentWith } from '../../src/testing/mutate-recovery.ts';
import { PROPERTIES } from '../explore/properties.ts';
import { onePath } from '../explore/recovery.ts';

/** What is asked of the mutants that no scenario notices: generated paths, and the properties. */

/** States that are looked at for paths: those nearest to the start, and those on the way to an end; and for properties. */
const NEAREST = 500;
const ON_THE_WAY = 1_500;
const FOR_PROPERTIES = 150;

/** On the way to an end nothing fails, nobody gives up, and every event comes as it should. */
const GIVES_UP = ['path.leave', 'recovery.cancel'];
const goesOn: NonNullable<ExploreOptions['filter']> = (_, input) =>
  input.type !== 'failure' && !(input.type === 'event' && GIVES_UP.includes(input.event.type));
/** Paths under which the parent's own transitions are met. */
const FOR_PARENT = ['bankCard', 'appeal', 'emergencyCode', 'transactionHistory'];

/** The view that a host gives. */
const show: NonNullable<PathCheckOptions['show']> = (machine, { snapshot, calls, status, states, timers, at }) => {
  const names = { id: 'r1', accountId: 'a1', deviceId: 'd1', machineVersion: '1', policyVersion: '1' };
  const record = { ...names, live: true, version: 0, state: states.join(), createdAt: 0, updatedAt: 0 };
  return viewOf(machine, paths, { ...record, status, snapshot, calls }, timers, at);
};

function checksWith(path: string, name: string): Check[] {
  const machine = machinesOf().get(name);
  if (!machine) throw new Error(`there is no machine '${name}'`);
  const within = (mutant: typeof machine) => parentWith(name, mutant);
  const options = onePath(path);
  const { input } = options;
  const lenient = { ...input, policy: { ...input.policy, contacts: { ...input.policy.contacts, onDenial: 'ignore' } } };
  const onTheWay = { ...options, filter: goesOn, maxStates: ON_THE_WAY, show };
  return [
    ...pathChecks(machine, { ...options, maxStates: NEAREST, show }, within),
    ...pathChecks(machine, onTheWay, within),
    ...(path === 'securityContacts' ? pathChecks(machine, { ...onTheWay, input: lenient }, within) : []),
    ...propertyChecks(PROPERTIES, { ...options, maxStates: FOR_PROPERTIES }, within),
  ];
}

export default (name: string): Check[] =>
  name === 'recovery' ? FOR_PARENT.flatMap((path) => checksWith(path, name)) : checksWith(name, name);
