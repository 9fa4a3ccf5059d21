import type { EventRegistry } from '../../machines/events.ts';
import type { By } from './api.ts';
import { Refusal } from './refusal.ts';

/** An event as its schema has it, with what only a host may add to it. */
export type CheckedEvent = { type: string; contactId?: string; agentId?: string };

/**
 * The event as its schema has it, from someone who may send it, with what only the host may add.
 * @param deviceId the device that the recovery was started from.
 * @throws Refusal `invalidEvent` with the field that is wrong, or `notAuthorised`.
 */
export function checkedEvent(
  registry: EventRegistry,
  event: { type?: unknown },
  by: By,
  deviceId: string,
): CheckedEvent {
  const type = typeof event?.type === 'string' ? event.type : '';
  const spec = registry[type];
  if (!spec) {
    const message = `there is no event '${type}'; there are ${Object.keys(registry).join(', ')}`;
    throw new Refusal('invalidEvent', message, { field: 'type' });
  }
  if (by.role !== spec.from) {
    throw new Refusal('notAuthorised', `'${type}' is sent by the ${spec.from}, not by the ${by.role}`);
  }
  if ('via' in by && type !== 'recovery.cancel') {
    throw new Refusal('notAuthorised', 'a notice gives a way to cancel, and to nothing else');
  }
  const device = by.role === 'owner' && 'deviceId' in by ? by.deviceId : undefined;
  if (device !== undefined && device !== deviceId) {
    throw new Refusal('notAuthorised', 'the owner is heard only on the device that began the recovery');
  }
  const result = spec.schema.safeParse(event);
  if (!result.success) {
    const issue = result.error.issues[0];
    const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    const field = [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.');
    throw new Refusal('invalidEvent', `'${type}' ${field}: ${issue?.message}`, { field });
  }
  const checked = result.data as CheckedEvent;
  if (by.role === 'contact' && checked.contactId !== by.id) {
    throw new Refusal('notAuthorised', 'a contact speaks for nobody else', { field: 'contactId' });
  }
  return by.role === 'agent' ? { ...checked, agentId: by.id } : checked;
}
