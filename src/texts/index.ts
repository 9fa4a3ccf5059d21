import type { RecoveryPath } from '../../machines/path.ts';
import type { RecoveryView } from '../host/view.ts';
export type Locale = 'zh-CN' | 'en';
export const localeOf = (acceptLanguage: string | undefined): Locale =>
  acceptLanguage?.startsWith('en') ? 'en' : 'zh-CN';
export const problemText = (code: string, _reason: string | undefined, _locale: Locale): string => code;
export const textsOf = (view: RecoveryView, _locale: Locale, _paths?: readonly RecoveryPath[]) => ({
  state: view.state,
  told: undefined as string | undefined,
  paths: {} as Record<string, string>,
  ineligible: {} as Record<string, string>,
  allowed: {} as Record<string, string>,
  deadlines: {} as Record<string, string>,
});
