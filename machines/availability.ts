import type { AccountFacts, Device } from './account.ts';
import { dayOf } from './calendar.ts';
import type { Factor, FactorKind, PathReason } from './outcome.ts';
import type { RecoveryPath, Standing } from './path.ts';
import type { Policy } from './policy.ts';
import type { PortOutput } from './ports.ts';

/** What a recovery knows when it asks which paths are open. */
export interface Situation {
  account: AccountFacts | null;
  /** Instant at which the facts were read: their attempts of today are those of that day. */
  accountAt?: number;
  policy: Policy;
  device: Device;
  risk: PortOutput<'assessRisk'> | null;
  /** Attempts spent in this recovery, by path and instant. */
  spent: { path: string; at: number }[];
  /** Wrong one-time codes entered in this recovery. */
  wrongCodes: number;
  /** One-time codes sent in this recovery. */
  sends?: number;
  /** Cards that their bank called unusable in this recovery. */
  unavailable?: string[];
  /** Paths that cannot be tried again in this recovery. */
  exhausted: string[];
  proofs: { path: string; factors: Factor[]; at: number }[];
  manualReview: boolean;
}

/** The facts as they stand at an instant: attempts of this recovery are added to those made elsewhere today, and its bank's word counts. */
export function standingAt(situation: Situation & { account: AccountFacts }, at: number): Standing {
  const { account, policy, device } = situation;
  const today = dayOf(at, policy.timeZone);
  const attemptsToday = { ...account.attemptsToday };
  if (dayOf(situation.accountAt ?? at, policy.timeZone) !== today) {
    for (const path of Object.keys(attemptsToday)) attemptsToday[path] = 0;
  }
  for (const { path, at: instant } of situation.spent) {
    if (dayOf(instant, policy.timeZone) !== today) continue;
    attemptsToday[path] = ((attemptsToday[path] as number | undefined) ?? 0) + 1;
  }
  const wrongCodes = account.wrongCodes + situation.wrongCodes;
  const codesSent = account.codesSent + (situation.sends ?? 0);
  const cards = account.cards.map((card) =>
    situation.unavailable?.includes(card.cardId) ? { ...card, status: 'frozen' as const } : card,
  );
  return { account: { ...account, cards, attemptsToday, wrongCodes, codesSent }, policy, device, at };
}

/** Whether a path is allowed at the risk that was assessed (spec section 2). */
function riskAllows(path: string, { account, policy, risk, device }: Situation): boolean {
  const remembered =
    account?.protectionMode === true && account.device.remembered && account.device.deviceId === device.deviceId;
  const { openAtHigh, closedAtMedium, rememberedDeviceLowersMedium } = policy.risk;
  if (risk?.level === 'high') return openAtHigh.includes(path);
  if (risk?.level === 'medium' && !(remembered && rememberedDeviceLowersMedium)) return !closedAtMedium.includes(path);
  return true;
}

/** Why each of the paths is not offered at an instant; undefined for one that is (spec sections 2 and 3). */
export function reasonsAt(
  paths: readonly RecoveryPath[],
  situation: Situation,
  at: number,
): (path: RecoveryPath) => PathReason | undefined {
  const { account, exhausted, manualReview } = situation;
  if (!account) return () => 'notAssessed';
  const standing = standingAt({ ...situation, account }, at);
  const proved = keptProofs(situation, at);
  const known = new Map<RecoveryPath, PathReason | undefined>();

  /** Reasons that hold whatever the other paths are. */
  const ownReason = (path: RecoveryPath): PathReason | undefined => {
    if (proved.some((proof) => proof.path === path.id)) return 'alreadyProved';
    if (exhausted.includes(path.id)) return 'exhausted';
    return path.ineligible(standing) ?? (riskAllows(path.id, situation) ? undefined : 'riskTooHigh');
  };
  /** Whether a path could be carried through now. */
  const canServe = (path: RecoveryPath) => ownReason(path) === undefined && (path.usable?.(standing) ?? true);
  const reasonOf = (path: RecoveryPath): PathReason | undefined => {
    const own = ownReason(path);
    if (own !== undefined) return own;
    const preferred = paths.find((other) => other.id === path.yieldsTo?.path);
    if (preferred && path.yieldsTo && canServe(preferred)) return path.yieldsTo.reason;
    if (path.order === 'selfService') return undefined;
    if (path.order === 'appeal' && manualReview) return undefined;
    const selfServed = paths.some(
      (other) => other.order === 'selfService' && why(other) === undefined && canServe(other),
    );
    return selfServed ? 'notLastResort' : undefined;
  };
  const why = (path: RecoveryPath): PathReason | undefined => {
    if (!known.has(path)) known.set(path, reasonOf(path));
    return known.get(path);
  };
  return why;
}

/** Why one path is not offered at an instant; undefined when it is. */
export const whyNot = (path: RecoveryPath, paths: readonly RecoveryPath[], situation: Situation, at: number) =>
  reasonsAt(paths, situation, at)(path);

/** Proofs that still count at an instant. */
export function keptProofs({ proofs, policy }: Situation, at: number): Situation['proofs'] {
  return proofs.filter((proof) => at - proof.at < policy.proof.keptFor);
}

/** Whether what was proved is still true of the account, and allowed at the risk as it is now. */
export function stillHolds(
  path: RecoveryPath,
  factors: readonly Factor[],
  situation: Situation,
  at: number,
): 'noLongerEligible' | 'riskTooHigh' | undefined {
  const { account } = situation;
  if (!riskAllows(path.id, situation)) return 'riskTooHigh';
  if (!account) return 'noLongerEligible';
  const standing = standingAt({ ...situation, account }, at);
  const holds = path.stillHolds ? path.stillHolds(standing, factors) : path.ineligible(standing) === undefined;
  return holds ? undefined : 'noLongerEligible';
}

/** Those of a proof's factors that are true still. */
export function stillHeld(
  path: RecoveryPath | undefined,
  factors: readonly Factor[],
  situation: Situation,
  at: number,
): Factor[] {
  const { account } = situation;
  if (!account || !path?.held) return [...factors];
  return path.held(standingAt({ ...situation, account }, at), factors);
}

/** Whether the proofs given open the password (spec section 7). One means counts once. */
export function opensPassword(situation: Situation, at: number): boolean {
  const { sufficientAlone, distinctKinds, knowledgeAtMost } = situation.policy.proof;
  const proofs = keptProofs(situation, at);
  if (proofs.some(({ path }) => sufficientAlone === 'every' || sufficientAlone.includes(path))) return true;
  if (new Set(proofs.map(({ path }) => path)).size < distinctKinds) return false;
  const kinds = proofs.map(({ factors }) => new Set(factors.map((factor) => factor.split(':')[0] as FactorKind)));
  const all = new Set(kinds.flatMap((set) => [...set]));
  const means = new Set(
    proofs.flatMap(({ factors }) => factors.map((factor) => factor.slice(factor.indexOf(':') + 1))),
  );
  if (all.size < distinctKinds || means.size < distinctKinds) return false;
  const knowledge = all.has('knowledge') ? 1 : 0;
  return knowledge / all.size <= knowledgeAtMost;
}
