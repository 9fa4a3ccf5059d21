import { policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { contextOf } from '../../visualizer/src/simulator/chart-state.ts';
import { sampleEvent } from '../../visualizer/src/simulator/samples.ts';
import { Simulator } from '../../visualizer/src/simulator/simulator.ts';
import { possibleEvents, SUBJECTS, type Subject, viewsOf } from '../../visualizer/src/simulator/subject.ts';
import { createWorld } from '../../visualizer/src/simulator/world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Nothing that a path other than the last ones could prove. */
const NOTHING_LEFT = {
  cards: [],
  validTransactions: 3,
  contacts: [],
  realName: { verified: false },
  biometric: { enabled: false },
  voiceprint: { enrolled: false },
};

/** What a well-behaved person does, path by path: an event, or time (ms) that passes. */
export const WALKS: Record<string, { account?: Record<string, unknown>; walk: (string | number)[]; ends?: string }> = {
  bankCard: { walk: ['bankCard.submit', 'code.submit'] },
  idCard: { account: { cards: [] }, walk: ['document.submit', 'face.submit'] },
  transactionHistory: { walk: [...Array.from({ length: 7 }, () => 'quiz.answer'), 'quiz.submit'] },
  securityContacts: {
    walk: ['contacts.request', 5 * MINUTE, 'contact.confirm', 'contact.confirm', 40 * MINUTE],
  },
  appeal: { account: NOTHING_LEFT, walk: ['appeal.file', 20 * HOUR, 'callback.reached', 'review.approve'] },
  biometric: { walk: ['biometric.scan'] },
  voice: { walk: ['call.connected', 'call.key', 'voice.spoken', 'answers.submit'] },
  emergencyCode: {
    account: NOTHING_LEFT,
    walk: ['institution.scan', 'identity.present', 'code.redeem'],
    ends: 'emergencyCodeUsed',
  },
};

export function simulatorOf(id: string, account: Record<string, unknown> = {}): Simulator {
  const facts = sandboxAccount(account);
  const subject = SUBJECTS.find((each) => each.id === id) as Subject;
  const setting = {
    account: facts,
    device: { deviceId: 'd1' },
    network: { ip: '127.0.0.1' },
    policy: policyOf(),
    now: Date.parse('2026-03-02T10:00:00+08:00'),
  };
  return new Simulator(subject, setting, createWorld({ account: () => facts }));
}

export const statesOf = ({ simulation }: Simulator) => simulation.current.step.states.join();

/**
 * Sends an event as a well-behaved person would.
 * @throws Error when it is not possible now, or refused.
 */
export async function act(simulator: Simulator, type: string, more: Record<string, unknown> = {}): Promise<void> {
  const { subject, simulation, setting } = simulator;
  const views = viewsOf(subject, simulation.current.step);
  const path = contextOf(views, ...(views[1]?.path ?? [])) ?? {};
  if (!possibleEvents(subject, views).includes(type)) throw new Error(`no ${type} in ${statesOf(simulator)}`);
  await simulator.send({ ...sampleEvent(type, { ...setting, path, open: [] }), ...more });
  const { refused } = simulation.current;
  if (refused) throw new Error(`${type}: ${refused.code} ${refused.reason ?? refused.message ?? ''}`);
}

/** Walks the parent through a path to the end of the recovery, in the well-behaved world. */
export async function walkRecovery(simulator: Simulator, path: string): Promise<void> {
  const { walk = [], ends = 'reset' } = WALKS[path] ?? {};
  await act(simulator, 'path.choose', { path });
  for (const each of walk) await (typeof each === 'number' ? simulator.advance(each) : act(simulator, each));
  if (ends === 'reset') await act(simulator, 'password.submit');
  else await simulator.advance(15 * DAY);
}
