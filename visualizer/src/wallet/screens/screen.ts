import type { Locale } from '../../texts/bilingual.ts';
import type { wallet } from '../../texts/wallet.ts';
import type { WalletRecovery } from '../use-recovery.ts';

/** What every screen is given. */
export interface ScreenProps {
  recovery: WalletRecovery;
  texts: (typeof wallet)['en'];
  locale: Locale;
}

/** What the path under way shows, as the service would give it. */
export const shownBy = <T>({ view }: WalletRecovery): Partial<T> => (view.details ?? {}) as Partial<T>;
