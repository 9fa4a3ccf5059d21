import type { AnyStateMachine } from 'xstate';
import { structureOf } from '../core/index.ts';

/** Where two machines have the same, what one has stored the other can go on with: see `structureOf`. */
export async function fingerprintOf(machine: AnyStateMachine): Promise<string> {
  const text = new TextEncoder().encode(structureOf(machine).join('\n'));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
