/**
 * What no path meets, by its key among the machine's parts (see `coverageOf`), and why. A test fails for what is neither
 * met nor listed here, and for what is listed and met.
 */
const unreached: readonly { keys: readonly string[]; why: string }[] = [
  {
    keys: ['recovery.choosing.deciding always 8 false'],
    why: 'The last path in the list is the one chosen when none before it is: what is no path is refused before.',
  },
];

export const neverMet: ReadonlySet<string> = new Set(unreached.flatMap(({ keys }) => keys));

/** Transitions that nobody can reach over HTTP: a contact who was not asked has no token to speak with. */
export const notOverHttp: readonly string[] = ['securityContacts contact.deny 0'];
