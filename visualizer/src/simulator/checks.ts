import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Device, Device as DeviceSchema } from '../../../machines/account.ts';
import { type Policy, type PolicyInput, policyOf } from '../../../machines/policy.ts';
import { sandboxAccount } from '../../../src/adapters/account.ts';
import type { Setting } from './subject.ts';

/** What the user writes: YAML or JSON, any part of the whole. */
export interface Written {
  account: string;
  policy: string;
  profile: Policy['profile'];
  deviceId: string;
  /** A date and time with an offset. */
  now: string;
}

/** Something written that cannot be used: in which text, at which field, and what would be right. */
export class WrongText extends Error {
  override readonly name = 'WrongText';
  readonly part: keyof Written;
  constructor(part: keyof Written, message: string) {
    super(message);
    this.part = part;
  }
}

/** A text as YAML, of which JSON is a part. @throws WrongText */
function recordIn(part: keyof Written, text: string): Record<string, unknown> {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new WrongText(part, error.message);
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WrongText(part, 'expected fields with values, such as phone: "+8613800000000"');
  }
  return value as Record<string, unknown>;
}

/** What a check gives. @throws WrongText with the field and what would be right. */
function checked<T>(part: keyof Written, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof z.core.$ZodError) {
      const told = error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      throw new WrongText(part, told.join('\n'));
    }
    throw new WrongText(part, error instanceof Error ? error.message : String(error));
  }
}

/**
 * The setting that was written.
 * @throws WrongText for the first part that cannot be used.
 */
export function settingOf({ account, policy, profile, deviceId, now }: Written): Setting {
  const instant = Date.parse(now);
  if (Number.isNaN(instant)) {
    throw new WrongText('now', 'expected a date and time with an offset: 2026-03-02T10:00:00+08:00');
  }
  return {
    account: checked('account', () => sandboxAccount(accountIn(account))),
    policy: checked('policy', () => policyOf(policyIn(policy), profile)),
    device: checked('deviceId', (): Device => DeviceSchema.parse({ deviceId })),
    network: { ip: '127.0.0.1' },
    now: instant,
  };
}

/** @throws WrongText for what is no YAML of fields. */
export const accountIn = (text: string): Record<string, unknown> => recordIn('account', text);
/** @throws WrongText for what is no YAML of fields. */
export const policyIn = (text: string): PolicyInput => recordIn('policy', text) as PolicyInput;
