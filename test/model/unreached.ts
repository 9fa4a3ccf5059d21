import { paths } from '../../machines/paths.ts';

/** Ends of a path that the parent tells apart, in the order of its candidates. */
const ENDS = ['codeUsed', 'cancelling', 'codeUnused', 'verifiedLate', 'verified', 'locked', 'failed'] as const;

const whenDone = (path: string, end: (typeof ENDS)[number]) =>
  `recovery.verifying.${path} xstate.done.actor.${path} ${ENDS.indexOf(end) + 1}`;
const allBut = (path: string, ...ends: (typeof ENDS)[number][]) =>
  paths.filter(({ id }) => id !== path).flatMap(({ id }) => ends.map((end) => whenDone(id, end)));

/**
 * Transitions that no path takes, and why. A test fails for one that is neither taken nor listed here, and for one that is
 * listed and taken.
 */
export const unreached: readonly { names: readonly string[]; why: string }[] = [
  {
    names: allBut('emergencyCode', 'codeUsed', 'cancelling', 'codeUnused'),
    why: 'The parent is written once for all paths: only the emergency code ends with a code, or settles a cancel.',
  },
  {
    names: allBut('appeal', 'verifiedLate').filter((name) => !name.includes('emergencyCode')),
    why: 'Only a path with deadlines of its own outlasts the time of the recovery: the others end with it.',
  },
  {
    names: allBut('bankCard', 'locked').filter((name) => !name.includes('emergencyCode')),
    why: 'Only the bank card counts wrong one-time codes.',
  },
  {
    names: (['verifiedLate', 'verified', 'locked'] as const).map((end) => whenDone('emergencyCode', end)),
    why: 'The emergency code proves nothing, and counts no one-time codes.',
  },
  {
    names: [
      'securityContacts xstate.done.actor.confirmation.* 1',
      'securityContacts xstate.error.actor.confirmation.* 1',
    ],
    why: 'A denial stops the check of its contact: an answer that comes later is dropped by the host, before the machine.',
  },
  {
    names: ['voice.inMenu.calling call.connected 1'],
    why: 'The end of service hours has a deadline of its own, and what comes at its instant or later is processed after it.',
  },
  {
    names: [`recovery.choosing.deciding always ${paths.length + 2}`],
    why: 'A choice of no known path is refused before: this is the last line of defence.',
  },
];

/** Transitions that nobody can reach over HTTP: a contact who was not asked has no token to speak with. */
export const notOverHttp: readonly string[] = [
  'securityContacts contact.deny 1',
  ...paths
    .flatMap(({ id }) => ['contact.confirm', 'contact.deny'].map((type) => `recovery.verifying.${id} ${type} 1`))
    .filter((name) => !name.includes('securityContacts')),
];
