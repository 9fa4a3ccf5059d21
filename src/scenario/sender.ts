import { events as builtInEvents, type EventRegistry, type RecoveryEvent } from '../../machines/events.ts';
import type { By } from '../host/api.ts';

/** The agents who act when a scenario does not say who: the one who calls is not the one who decides. */
const CALLER = 'agent-1';
const REVIEWER = 'agent-2';

/**
 * Who sends an event: as the scenario says, else whoever the event belongs to.
 * @param events those that are known.
 */
export function sender(
  send: { type: string } & Record<string, unknown>,
  as: string | undefined,
  events: EventRegistry = builtInEvents,
): { by: By; event: RecoveryEvent } {
  const { agentId, ...event } = send;
  const [role, id] = (as ?? events[send.type]?.from ?? 'owner').split(':') as [By['role'], string | undefined];
  const by: By =
    role === 'owner'
      ? { role }
      : role === 'staff'
        ? { role }
        : role === 'contact'
          ? { role, id: id ?? String(event.contactId) }
          : { role, id: id ?? String(agentId ?? (event.type.startsWith('callback.') ? CALLER : REVIEWER)) };
  return { by, event: event as RecoveryEvent };
}
