/**
 * What no path meets, by its key among the machine's parts (see `coverageOf`), and why. A test fails for what is neither
 * met nor listed here, and for what is listed and met.
 */
const unreached: readonly { keys: readonly string[]; why: string }[] = [
  {
    keys: [
      'securityContacts xstate.done.actor.confirmation.* 0',
      'securityContacts xstate.done.actor.confirmation.* 0 true',
      'securityContacts xstate.error.actor.confirmation.* 0',
      'securityContacts xstate.error.actor.confirmation.* 0 true',
    ],
    why: 'A denial stops the check of its contact: an answer that comes later is dropped by the host, before the machine.',
  },
  {
    keys: ['voice.inMenu.calling call.connected 0', 'voice.inMenu.calling call.connected 0 true'],
    why: 'The end of service hours has a deadline of its own, and what comes at its instant or later is processed after it.',
  },
  {
    keys: ['recovery.choosing.deciding always 8 false'],
    why: 'The last path in the list is the one chosen when none before it is: what is no path is refused before.',
  },
  {
    keys: ['emergencyCode.verified'],
    why: 'Every path has the same ends; an emergency code proves nothing, it is used or not.',
  },
];

export const neverMet: ReadonlySet<string> = new Set(unreached.flatMap(({ keys }) => keys));

/** Transitions that nobody can reach over HTTP: a contact who was not asked has no token to speak with. */
export const notOverHttp: readonly string[] = ['securityContacts contact.deny 0'];
