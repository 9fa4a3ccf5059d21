import type { AccountFacts } from '../../machines/account.ts';
import type { Policy } from '../../machines/policy.ts';
import type { PortInput } from '../../machines/ports.ts';
import { qualifiedIds } from '../../machines/security-contacts.ts';
import type { Institutions } from './institutions.ts';
import type { CodeRequest, CodeService } from './one-time-codes.ts';
import type { Passwords } from './passwords.ts';
import type { PortCall, Ports } from './ports.ts';
import type { Quiz } from './quiz.ts';
import type { SandboxWorld } from './world.ts';

/** What the sandbox's ports work with. */
export interface Services {
  world: SandboxWorld;
  codes: CodeService;
  passwords: Passwords;
  institutions: Institutions;
  quiz: Quiz;
  policy: Policy;
}

const EMERGENCY = 'emergencyCode';
const DIGITS = 'voiceDigits';
const LIKENESS = 95; // percent, where a capture says nothing else
const STRANGER = 20;
const contactPurpose = (contactId: string) => `contact:${contactId}`;

/**
 * The ports of the sandbox (spec section 4): every check is made, on the facts of the sandbox's accounts and on what the
 * captures show. Each may be called again with the same key, but that is seen to where they are put together.
 */
export function sandboxPorts({ world, codes, passwords, institutions, quiz, policy }: Services): Ports {
  /** Where an institution stands that witnesses a recovery. */
  const places = new Map<string, string>();
  /** What is left to be paid by an account's emergency code, and payments that have an answer. */
  const limits = new Map<string, number>();
  const redemptions = new Map<string, Promise<{ accepted: boolean }>>();

  async function redeem(input: PortInput<'redeemEmergencyCode'>, call: PortCall): Promise<{ accepted: boolean }> {
    const { accountId, amountFen, category, merchantRef, redemptionId } = input;
    const payable = amountFen <= (limits.get(accountId) ?? 0) && amountFen > 0;
    const token = lastTo(world, accountId, EMERGENCY)?.token; // the owner's app holds it; here the sandbox does
    if (!payable || token === undefined || policy.emergencyCode.excludedCategories.includes(category)) {
      return { accepted: false };
    }
    const { ok } = await codes.checkToken({ ...codeRequest(input, call, EMERGENCY), token });
    if (ok) world.payments.push({ at: call.at, accountId, redemptionId, amountFen, category, merchantRef });
    return { accepted: ok };
  }

  return {
    loadAccount: async ({ accountId }) => world.account(accountId),
    assessRisk: async ({ accountId, device, network }) => {
      const signals = riskSignals(world.account(accountId), device, network);
      return { level: signals.length === 0 ? 'low' : signals.length === 1 ? 'medium' : 'high', signals };
    },
    verifyBankCard: async ({ accountId, cardId, holderRef }) => {
      const card = world.account(accountId).cards.find((each) => each.cardId === cardId);
      if (!card || world.captured(holderRef).ofOwner === false) return { status: 'mismatch' };
      if (card.status !== 'active') return { status: 'cardUnavailable' };
      return { status: card.onlinePayment ? 'verified' : 'onlinePaymentDisabled' };
    },
    sendCode: async (input, call) => {
      const { accountId, purpose, channel, to } = input;
      const code = await codes.issue(codeRequest(input, call, purpose));
      if (code !== null) world.deliver({ at: call.at, accountId, to, channel, purpose, code });
      return { ok: true };
    },
    checkCode: (input, call) => codes.check({ ...codeRequest(input, call, input.purpose), code: input.code }),
    checkDocument: async ({ accountId, frontRef, backRef }) => {
      const sides = [world.captured(frontRef), world.captured(backRef)];
      const faults = sides.flatMap(({ faults = [] }) => faults).filter(isDocumentFault);
      return {
        faults: [...new Set(faults)],
        warnings: sides.flatMap(({ warnings = [] }) => warnings),
        expired: world.account(accountId).realName.documentExpired || sides.some(({ expired }) => expired === true),
      };
    },
    checkFace: async ({ captureRef }) => {
      const { faults = [], warnings = [], live = true } = world.captured(captureRef);
      return { faults: faults.filter((fault) => !isDocumentFault(fault)), warnings, live };
    },
    matchRegistry: async ({ accountId, frontRef, captureRef }) => {
      if (!world.account(accountId).realName.verified) return { match: 0 };
      return { match: Math.min(...[frontRef, captureRef].map((ref) => likeness(world, ref))) };
    },
    drawQuestions: async (input, call) => quiz.draw(input, call.recoveryId),
    gradeAnswer: async (input, call) => quiz.grade(input, call.recoveryId),
    requestConfirmation: async (input, call) => {
      const { accountId } = input;
      const known = world.account(accountId).contacts.map(({ contactId }) => contactId);
      for (const contactId of input.contactIds.filter((id) => known.includes(id))) {
        const purpose = contactPurpose(contactId);
        const request = codeRequest(input, call, purpose);
        const token = await codes.issueToken({ ...request, lifetime: policy.contacts.collectUntil });
        if (token === null) continue;
        const bearer = call.contactTokens?.[contactId];
        const link = { at: call.at, accountId, to: contactId, channel: 'link', purpose, token } as const;
        world.deliver(bearer === undefined ? link : { ...link, bearer });
      }
      return { ok: true };
    },
    checkConfirmation: async (input, call) => {
      const { accountId, contactId, token } = input;
      if (!qualifiedIds({ account: world.account(accountId), policy }).includes(contactId)) return { ok: false };
      return codes.checkToken({ ...codeRequest(input, call, contactPurpose(contactId)), token });
    },
    openTicket: async ({ accountId, form, completeness, manualReview }, { recoveryId, at }) => {
      const ticketId = `ticket-${world.tickets.length + 1}`;
      const about = { ticketId, accountId, recoveryId, openedAt: at };
      world.tickets.push({ ...about, form, completeness, manualReview, level: 'normal' });
      return { ticketId };
    },
    escalateTicket: async ({ ticketId, to }) => {
      const ticket = world.tickets.find((each) => each.ticketId === ticketId);
      if (!ticket) throw new Error(`there is no ticket '${ticketId}'`);
      ticket.level = to;
      return { ok: true };
    },
    scanBiometric: async ({ accountId, deviceId, sensor, captureRef }) => {
      const { enabled, sensor: enrolled, enrolledDeviceId } = world.account(accountId).biometric;
      const here = enabled && sensor === enrolled && deviceId === enrolledDeviceId;
      return { match: here ? likeness(world, captureRef) : false };
    },
    crossCheckDevice: async ({ accountId, device }) => ({
      ok: device.deviceId === world.account(accountId).device.deviceId && device.behaviour !== 'unusual',
    }),
    matchVoiceprint: async (input, call) => {
      const { accountId, captureRef, dialect } = input;
      const { voiceprint } = world.account(accountId);
      const spoken = world.captured(captureRef).digits ?? lastTo(world, accountId, DIGITS)?.code ?? '';
      const { ok } = await codes.check({ ...codeRequest(input, call, DIGITS), code: spoken });
      return { match: ok && voiceprint.enrolled && voiceprint.dialect === dialect && likeness(world, captureRef) };
    },
    checkAnswers: async ({ accountId, answers }) => ({
      ok: Object.entries(world.securityAnswers(accountId)).every(
        ([question, right], index) =>
          plain((Array.isArray(answers) ? answers[index] : answers[question]) ?? '') === plain(right),
      ),
    }),
    verifyInstitution: async ({ institutionToken }, { recoveryId, at }) => {
      const { valid, type, place } = institutions.verify(institutionToken, at);
      if (valid) places.set(recoveryId, place);
      return { valid, type };
    },
    verifyIdentityOnSite: async ({ evidenceRef }) => ({ ok: world.captured(evidenceRef).ofOwner !== false }),
    assessEmergency: async ({ accountId, device, deviceParameters }, { recoveryId }) => {
      const { deviceId, place = places.get(recoveryId), parameters = deviceParameters, behaviour } = device;
      return {
        place: places.has(recoveryId) && place === places.get(recoveryId),
        device: deviceId === world.account(accountId).device.deviceId && Number(parameters) >= deviceParameters,
        behaviour: behaviour !== 'unusual',
      };
    },
    issueEmergencyCode: async (input, call) => {
      const { accountId, limitFen, lifetimeMs } = input;
      const to = world.account(accountId).phone;
      const token = await codes.issueToken({ ...codeRequest(input, call, EMERGENCY), lifetime: lifetimeMs });
      if (token === null) return { ok: true };
      limits.set(accountId, limitFen);
      world.deliver({ at: call.at, accountId, to, channel: 'app', purpose: EMERGENCY, token });
      return { ok: true };
    },
    redeemEmergencyCode: (input, call) => {
      const id = JSON.stringify([input.accountId, call.recoveryId, input.redemptionId]);
      const answer = redemptions.get(id) ?? redeem(input, call);
      redemptions.set(id, answer);
      answer.catch(() => redemptions.delete(id));
      return answer;
    },
    setPassword: async ({ accountId, password, factors }, { key }) => {
      if (!factors.every((factor) => stillHeld(world.account(accountId), factor))) {
        return { ok: false, reason: 'noLongerEligible' };
      }
      return passwords.set(accountId, password, key);
    },
    revokeSessions: async ({ accountId }) => {
      world.revoked.push(accountId);
      return { ok: true };
    },
    notify: async ({ accountId, notice, path, reason }, { at, cancelToken }) => {
      const more = {
        ...(path === undefined ? {} : { path }),
        ...(reason === undefined ? {} : { reason }),
        ...(cancelToken === undefined ? {} : { cancelToken }),
      };
      world.notices.push({ at, accountId, notice, ...more, to: world.addresses(accountId) });
      return { ok: true };
    },
    eraseEvidence: async ({ accountId, evidenceRefs }, { at }) => {
      world.erase({ at, accountId, evidenceRefs });
      return { ok: true };
    },
  };
}

function codeRequest({ accountId }: { accountId: string }, call: PortCall, purpose: string): CodeRequest {
  const { recoveryId, path, at, key } = call;
  return { accountId, purpose, recoveryId, path, at, callKey: key };
}

/** The last message to the account's phone for a purpose. */
const lastTo = (world: SandboxWorld, accountId: string, purpose: string) =>
  world
    .inbox(world.account(accountId).phone)
    .filter((message) => message.accountId === accountId && message.purpose === purpose)
    .at(-1);

function likeness(world: SandboxWorld, ref: string): number {
  const { match, ofOwner } = world.captured(ref);
  return match ?? (ofOwner === false ? STRANGER : LIKENESS);
}

type DocumentFault = 'cornersMissing' | 'glare' | 'illegible';
const isDocumentFault = (fault: string): fault is DocumentFault =>
  fault === 'cornersMissing' || fault === 'glare' || fault === 'illegible';

const plain = (answer: string) => answer.normalize('NFKC').trim().toLowerCase();

/** What speaks against device and network (spec section 2): one signal is a medium risk, more are a high one. */
function riskSignals(account: AccountFacts, device: { deviceId: string }, network: Record<string, unknown>): string[] {
  const signals = {
    vpnHop: network.vpn === true,
    newDevice: device.deviceId !== account.device.deviceId,
    newNetwork: network.known === false,
    abnormalLogin: account.recentAbnormalLogin,
  };
  return Object.entries(signals).flatMap(([signal, there]) => (there ? [signal] : []));
}

/** Whether a means of proof is still the account's (R49). */
function stillHeld(account: AccountFacts, factor: string): boolean {
  const { phone, cards, contacts, realName, biometric, device, voiceprint } = account;
  const [kind, means, ...rest] = factor.split(':');
  const id = rest.join(':');
  switch (`${kind}:${means}`) {
    case 'possession:phone':
      return id === phone;
    case 'possession:card':
      return cards.some((card) => card.cardId === id && card.status === 'active' && card.reservedPhone === phone);
    case 'vouching:contact':
      return contacts.some((contact) => contact.contactId === id && contact.realNameVerified);
    case 'document:id':
    case 'inherence:face':
      return realName.verified && !realName.documentExpired;
    case 'inherence:biometric':
      return biometric.enabled && biometric.enrolledDeviceId === device.deviceId && !account.recentAbnormalLogin;
    case 'inherence:voice':
      return voiceprint.enrolled;
    default:
      return true;
  }
}
