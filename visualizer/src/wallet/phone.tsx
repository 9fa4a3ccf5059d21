import { use, useEffect, useRef, useState } from 'react';
import { problemText, textsOf } from '../../../src/texts/index.ts';
import { PATHS } from '../registry.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { wallet as walletTexts } from '../texts/wallet.ts';
import { screenOf } from './screens/index.ts';
import type { WalletRecovery } from './use-recovery.ts';

/** The wizard that the account's owner sees: what is going on, the screen of the state, and the ways out. */
export function Phone({ recovery }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  const locale = use(LocaleContext);
  const [isLarge, setLarge] = useState(false);
  const { view, refused, send } = recovery;
  const said = textsOf(view, locale, PATHS);
  const Screen = screenOf(view);
  const title = useRef<HTMLHeadingElement>(null);
  const [, path] = view.state.split('.');
  const heading = view.state.startsWith('verifying.') ? said.paths[path ?? ''] : undefined;
  const isFirst = useRef(true);
  // A new screen is told to those who do not see it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state is the reason
  useEffect(() => {
    if (!isFirst.current) title.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [view.state]);
  return (
    <section className={`phone ${isLarge ? 'large' : ''}`} aria-label={texts.phone}>
      <header>
        <span>{texts.title}</span>
        <button type="button" aria-pressed={isLarge} onClick={() => setLarge(!isLarge)}>
          {texts.larger}
        </button>
      </header>
      <div className="phone-screen" aria-busy={view.tags.includes('busy')}>
        <h2 ref={title} tabIndex={-1}>
          {view.output ? texts.done : (heading ?? texts.title)}
        </h2>
        <p className="wallet-state">{said.outcome ?? said.state}</p>
        {said.told !== undefined && !view.output && (
          <p className="wallet-told" role="status">
            {said.told}
          </p>
        )}
        {refused && (
          <p className="wallet-refused" role="alert">
            {problemText(refused.code, refused.reason, locale, PATHS)}
          </p>
        )}
        {Object.values(said.notes).map((note) => (
          <p key={note} className="wallet-note">
            {note}
          </p>
        ))}
        {Screen && <Screen key={view.state} recovery={recovery} texts={texts} locale={locale} />}
      </div>
      <footer>
        {view.allowed.includes('path.leave') && (
          <button type="button" onClick={() => send({ type: 'path.leave' })}>
            {texts.leave}
          </button>
        )}
        {view.allowed.includes('recovery.cancel') && (
          <button type="button" onClick={() => send({ type: 'recovery.cancel' })}>
            {texts.cancel}
          </button>
        )}
      </footer>
    </section>
  );
}
