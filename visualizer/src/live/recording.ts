import { isPlain, type Message } from './protocol.ts';

const FORMAT = 'regain-recording';

/** A file that is no recording. */
export class NoRecording extends Error {
  override readonly name = 'NoRecording';
}

/** All messages as one file. */
export const recordingOf = (messages: readonly Message[]): string =>
  `{"format":"${FORMAT}","version":1,"messages":[\n${messages.map((message) => JSON.stringify(message)).join(',\n')}\n]}\n`;

/**
 * The messages of a file: a recording of this page, or a plain list of what `@statelyai/inspect` sends.
 * @throws NoRecording
 */
export function messagesIn(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NoRecording('it is no JSON');
  }
  if (Array.isArray(value)) return value;
  if (isPlain(value) && value.format === FORMAT && Array.isArray(value.messages)) {
    if (value.version === 1) return value.messages;
    throw new NoRecording('it is of a later version');
  }
  throw new NoRecording('it has no messages');
}
