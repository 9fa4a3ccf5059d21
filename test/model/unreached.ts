/**
 * Transitions that no path takes and states that none comes by, and why. A test fails for one that is neither met nor listed
 * here, and for one that is listed and met.
 */
export const unreached: readonly { names: readonly string[]; why: string }[] = [
  {
    names: ['emergencyCode.verified'],
    why: 'Every path has the same ends; an emergency code proves nothing, it is used or not.',
  },
];

/** Transitions that nobody can reach over HTTP: a contact who was not asked has no token to speak with. */
export const notOverHttp: readonly string[] = ['securityContacts contact.deny 1'];
