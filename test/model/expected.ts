import type { AnyMachineSnapshot, StateValue } from 'xstate';
import { keptProofs } from '../../machines/availability.ts';
import { events } from '../../machines/events.ts';
import { OWN_EVENTS } from '../../machines/recovery.ts';
import { type ModelState, type OwnedTimer, timersIn } from './composed.ts';

/** What anybody who looks at a recovery has to see, by the model. */
export interface Expected {
  status: string;
  state: string;
  tags: string[];
  allowed: string[];
  deadlines: { name: string; at: number }[];
  output: unknown;
}

function leafOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', undefined]] = Object.entries(value);
  return inner === undefined ? key : `${key}.${leafOf(inner)}`;
}

/** Types that come from outside and that the innermost state with a transition for them does not only refuse. */
function takenBy(snapshot: AnyMachineSnapshot): string[] {
  const inner = [...snapshot._nodes].sort((a, b) => b.path.length - a.path.length);
  return Object.keys(events).filter((type) => {
    const candidates = inner.find((node) => node.transitions.has(type))?.transitions.get(type) ?? [];
    const [first] = candidates;
    if (!first) return false;
    const names = first.actions.map((action) =>
      typeof action === 'string' ? action : (action as { type: string }).type,
    );
    const onlyRefuses = !first.guard && !first.target && names.every((name) => name === 'refuse');
    return !onlyRefuses;
  });
}

function nameOf({ owner, event }: OwnedTimer): string {
  const parts = event.type.split('.');
  const name = event.type.startsWith('xstate.after.') ? parts[2] : parts.slice(1).join('.');
  return owner === '' ? `${name}` : `${owner}.${name}`;
}

export const inOrder = (deadlines: Expected['deadlines']): Expected['deadlines'] =>
  [...deadlines].sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));

export function expectedOf(state: ModelState): Expected {
  const { parent, child } = state;
  const leaf = leafOf(parent.value);
  if (parent.status === 'done') {
    return { status: 'done', state: leaf, tags: [], allowed: [], deadlines: [], output: parent.output };
  }
  const own = takenBy(parent).filter((type) => OWN_EVENTS.some((each) => each === type));
  const below = child ? takenBy(child.snapshot) : [];
  const tags = [...parent.tags, ...(child?.snapshot.tags ?? [])] as string[];
  return {
    status: 'active',
    state: child ? `${leaf}.${leafOf(child.snapshot.value)}` : leaf,
    tags: [...new Set(tags)].sort(),
    allowed: [...new Set([...own, ...below])].sort(),
    deadlines: inOrder(timersIn(state).map((timer) => ({ name: nameOf(timer), at: timer.dueAt }))),
    output: undefined,
  };
}

/** How a refusal is told: without its reason, where the policy tells nothing of the account before a proof (R16). */
export function refusalOf({ refused, parent, now }: ModelState): ModelState['refused'] {
  if (!refused) return null;
  const { reason, ...rest } = refused;
  const { policy } = parent.context;
  const isTold = policy.disclosure === 'always' || keptProofs(parent.context, now).length > 0;
  return reason === undefined || isTold ? refused : rest;
}
