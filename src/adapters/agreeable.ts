import type { AccountFacts } from '../../machines/account.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import type { Element } from '../../machines/ports.ts';
import { simulatedPorts } from './own-ports.ts';
import type { AnyPort, OwnPorts, Ports } from './ports.ts';

/** Waits `ms` (`Infinity` for ever) unless aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Ports that answer at once with what lets a recovery go on: what a scenario does not say.
 * @param paths those whose own ports are wanted, too.
 */
export function agreeablePorts(account: () => AccountFacts, paths: readonly RecoveryPath[] = []): Ports & OwnPorts {
  return { ...simulatedPorts(paths, { account, captured: () => ({}) }), ...builtInPorts(account) };
}

function builtInPorts(account: () => AccountFacts): Ports {
  const ok = async () => ({ ok: true }) as const;
  return {
    loadAccount: async () => account(),
    assessRisk: async () => ({ level: 'low', signals: [] }),
    verifyBankCard: async () => ({ status: 'verified' }),
    sendCode: ok,
    checkCode: ok,
    checkDocument: async () => ({ faults: [], warnings: [], expired: false }),
    checkFace: async () => ({ faults: [], warnings: [], live: true }),
    matchRegistry: async () => ({ match: 95 }),
    drawQuestions: async ({ questions, exclude }) => {
      const elements = (Object.entries(questions) as [Element, number][]).flatMap(([element, count]) =>
        Array.from({ length: count }, () => element),
      );
      return {
        quizId: `quiz-${exclude.length}`,
        questions: elements.map((element, index) => ({
          questionId: `q${exclude.length + index + 1}`,
          element,
          prompt: `${element} ${index + 1}`,
        })),
      };
    },
    gradeAnswer: async () => ({ right: true }),
    requestConfirmation: ok,
    checkConfirmation: ok,
    openTicket: async () => ({ ticketId: 'ticket-1' }),
    escalateTicket: ok,
    scanBiometric: async () => ({ match: true }),
    crossCheckDevice: ok,
    matchVoiceprint: async () => ({ match: true }),
    checkAnswers: ok,
    verifyInstitution: async () => ({ valid: true, type: 'hospital' }),
    verifyIdentityOnSite: ok,
    assessEmergency: async () => ({ place: true, device: true, behaviour: true }),
    issueEmergencyCode: ok,
    redeemEmergencyCode: async () => ({ accepted: true }),
    setPassword: ok,
    revokeSessions: ok,
    notify: ok,
    eraseEvidence: ok,
  };
}

/** Answers of one port, in order: `{ throws }`, `{ hangs }` or an answer; `after` (ms) delays any of them. */
export interface ScriptedAnswer {
  after?: number;
  throws?: string;
  hangs?: boolean;
  answer?: unknown;
}
export type Script = Readonly<Record<string, readonly ScriptedAnswer[]>>;

/**
 * Ports that follow a script where there is one. The same key gets the same answer; the last answer repeats. A delay runs
 * from the first call with a key: a call made again after a restart does not wait anew.
 */
export function scriptedPorts(base: Ports & OwnPorts, script: Script, wait: Wait): Ports & OwnPorts {
  const scripted = Object.entries(script).map(([name, answers]) => {
    const taken = new Map<string, { answer: ScriptedAnswer; since: number }>();
    const port: AnyPort = async (_: unknown, { key, at, signal }) => {
      const next = { answer: answers[Math.min(taken.size, answers.length - 1)] ?? {}, since: at };
      const { answer, since } = taken.get(key) ?? next;
      taken.set(key, { answer, since });
      if (answer.after !== undefined) await wait(Math.max(0, since + answer.after - at), signal);
      if (answer.hangs) await wait(Number.POSITIVE_INFINITY, signal);
      if (answer.throws !== undefined) throw new Error(answer.throws);
      return answer.answer;
    };
    return [name, port] as const;
  });
  return { ...base, ...Object.fromEntries(scripted) } as Ports & OwnPorts;
}

/** Counts calls by port; a repeat with the same key is not counted again. */
export function countedPorts(base: Ports & OwnPorts): {
  ports: Ports & OwnPorts;
  calls: () => Record<string, number>;
} {
  const keys = new Map<string, Set<string>>();
  const counted = Object.entries<AnyPort>(base).map(([name, carryOut]) => {
    const port: AnyPort = (input, call) => {
      keys.set(name, (keys.get(name) ?? new Set()).add(call.key));
      return carryOut(input, call);
    };
    return [name, port] as const;
  });
  return {
    ports: Object.fromEntries(counted) as unknown as Ports & OwnPorts,
    calls: () => Object.fromEntries([...keys].map(([name, set]) => [name, set.size])),
  };
}
