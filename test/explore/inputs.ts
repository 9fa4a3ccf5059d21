import type { AnyEventObject } from 'xstate';
import { type EventName, events } from '../../machines/events.ts';
import { paths } from '../../machines/paths.ts';
import { type PortName, ports } from '../../machines/ports.ts';
import { OWN_EVENTS } from '../../machines/recovery.ts';
import type { Outcome } from '../../src/testing/index.ts';
import { answersOf, type Domain, eventCases } from '../model/cases.ts';

/** What anybody might send and what ports might do: drawn from the schemas, with the values on both sides of each limit. */

const QUESTIONS = [
  { questionId: 'q1', element: 'amount', prompt: '' },
  { questionId: 'q2', element: 'merchant', prompt: '' },
];
const EVIDENCE = ['e1'];

/** What the schemas do not know, by field: whom and what there is, and the limits. */
const VALUES: Domain = {
  password: ['294817', '123456'],
  confirmation: ['294817', '294818'],
  cardId: ['c1', 'c9'],
  code: ['123789', '12378'],
  questionId: ['q1', 'q9', 'q2'],
  answer: ['x'],
  choice: ['x'],
  contactIds: [
    ['k1', 'k2', 'k3'],
    ['k1', 'k9'],
  ],
  contactId: ['k1', 'k2', 'k9'],
  method: ['qr'],
  answers: [['x']],
  key: ['3', '2'],
  amountFen: [50_000, 50_001, 1],
  category: ['medical', 'virtualGoods'],
  redemptionId: ['p1', 'p2'],
  match: [80, 79],
  warnings: [[]],
  drawQuestions: [{ quizId: 'z1', questions: QUESTIONS }],
  setPassword: [{ ok: true }, { ok: false, reason: 'reused' }, { ok: false, reason: 'noLongerEligible' }],
};
/** An appeal is filed with anything or nothing: what it says is for the agents to judge. */
const FORM: Domain = Object.fromEntries(
  ['registrationMonth', 'firstDeviceModel', 'usedLocations', 'pastPhones', 'lastTopUps', 'emailPrefix'].map((field) => [
    field,
    [undefined],
  ]),
);

const drawn = (types: readonly string[], domain: Domain = VALUES): AnyEventObject[] =>
  types.flatMap((type) =>
    eventCases(type as EventName, domain).map(({ event, by }) =>
      by.role === 'agent' ? { ...event, agentId: by.id } : event,
    ),
  );

/** Events that the parent takes. */
export const OWN: AnyEventObject[] = drawn(OWN_EVENTS.filter((type) => type !== 'path.choose'));

/** Events of the paths, by path. */
export const EVENTS: Record<string, AnyEventObject[]> = Object.fromEntries(
  paths.map(({ id, machine }) => [
    id,
    drawn(
      Object.keys(events).filter((type) => machine.events.includes(type)),
      id === 'appeal' ? { ...VALUES, ...FORM, evidenceRefs: [EVIDENCE] } : VALUES,
    ),
  ]),
);

const FAILS: Outcome = { throws: 'out of order' };

/** Facts and risk are what an exploration is about. */
const isDrawn = (port: string): port is PortName => port !== 'loadAccount' && port !== 'assessRisk';

/** What each port may do, beside these two and never answering. */
export const PORTS: Record<string, Outcome[]> = Object.fromEntries(
  Object.keys(ports)
    .filter(isDrawn)
    .map((port) => [port, [...answersOf(port, VALUES).map((answer) => ({ answer })), FAILS]]),
);
