import './simulate.css';
import { lazy, Suspense } from 'react';
import { linkTo, useRoute } from '../../app/route.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import { SimulatorPage } from './simulator-page.tsx';

const Wallet = lazy(() => import('../../wallet/page.tsx'));

/** The simulator, and the wallet that is driven by the same machine. */
export default function View() {
  const texts = useTexts(simulatorTexts);
  const isWallet = useRoute().rest[0] === 'wallet';
  return (
    <div className="simulate">
      <nav className="simulate-views" aria-label={texts.views}>
        <a href={linkTo('simulate')} aria-current={isWallet ? undefined : 'page'}>
          {texts.byHand}
        </a>
        <a href={linkTo('simulate', 'wallet')} aria-current={isWallet ? 'page' : undefined}>
          {texts.wallet}
        </a>
      </nav>
      {isWallet ? (
        <Suspense>
          <Wallet />
        </Suspense>
      ) : (
        <SimulatorPage />
      )}
    </div>
  );
}
