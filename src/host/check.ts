import { safeParse } from 'zod';
import type { EventRegistry } from '../../machines/events.ts';
import type { By } from './api.ts';
import { secretFields } from './marks.ts';
import { Refusal } from './refusal.ts';

/** An event as its schema has it. */
export interface CheckedEvent {
  checked: { type: string };
  /** Names of its fields that are never to be written. */
  secret: string[];
}

/**
 * The event as its schema has it, from someone who may send it, with what only the host may add.
 * @param deviceId the device that began the recovery.
 * @throws Refusal `invalidEvent` that names the field, `notAuthorised`.
 */
export function checkedEvent(events: EventRegistry, event: { type?: unknown }, by: By, deviceId: string): CheckedEvent {
  const type = typeof event?.type === 'string' ? event.type : '';
  const spec = events[type];
  if (!spec) {
    const message = `there is no event '${type}'; there are ${Object.keys(events).join(', ')}`;
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
  const result = safeParse(spec.schema, event);
  if (!result.success) {
    const issue = result.error.issues[0];
    const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    const field = [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.');
    throw new Refusal('invalidEvent', `'${type}' ${field}: ${issue?.message}`, { field });
  }
  const checked = result.data as { type: string; contactId?: string };
  if (by.role === 'contact' && checked.contactId !== by.id) {
    throw new Refusal('notAuthorised', 'a contact speaks for nobody else', { field: 'contactId' });
  }
  return {
    checked: by.role === 'agent' ? Object.assign(checked, { agentId: by.id }) : checked,
    secret: secretFields(spec.schema),
  };
}
