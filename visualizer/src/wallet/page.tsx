import './wallet.css';
import { useEffect, useMemo, useState } from 'react';
import { sandboxAccount } from '../../../src/adapters/account.ts';
import { factsFor } from '../../../src/adapters/population.ts';
import { Chart } from '../chart/canvas.tsx';
import { MACHINES } from '../chart/machines.ts';
import { PATHS } from '../registry.ts';
import { chartState } from '../simulator/chart-state.ts';
import { useTexts } from '../texts/bilingual.ts';
import { wallet as walletTexts } from '../texts/wallet.ts';
import { Around } from './around.tsx';
import { Phone } from './phone.tsx';
import { useRecovery } from './use-recovery.ts';

const ACCOUNTS = {
  all: { others: factsFor(PATHS) },
  noCard: { cards: [] },
  nothing: {
    cards: [],
    validTransactions: 3,
    contacts: [],
    realName: { verified: false },
    biometric: { enabled: false },
    voiceprint: { enrolled: false },
  },
} as const;
type AccountName = keyof typeof ACCOUNTS;

/** In the morning, when the line is open. */
const START = Date.parse('2026-03-02T10:00:00+08:00');

/** A phone whose taps light the chart beside it. */
export default function WalletPage() {
  const texts = useTexts(walletTexts);
  const [name, setName] = useState<AccountName>('all');
  const [run, setRun] = useState(0);
  return (
    <div className="wallet">
      <div className="wallet-bar">
        <label>
          {texts.who}
          <select value={name} onChange={(event) => setName(event.target.value as AccountName)}>
            {Object.keys(ACCOUNTS).map((each) => (
              <option key={each} value={each}>
                {texts.whose[each as AccountName]}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => setRun(run + 1)}>
          {texts.again}
        </button>
      </div>
      <WalletRun key={`${name} ${run}`} name={name} />
    </div>
  );
}

const TICK = 1_000;

function WalletRun({ name }: { name: AccountName }) {
  const account = useMemo(() => sandboxAccount(ACCOUNTS[name]), [name]);
  const recovery = useRecovery(account, START);
  const { clock, snapshot, taken, view } = recovery;
  // The clock goes with the real one, and as far ahead as it is moved.
  useEffect(() => {
    const ticking = setInterval(() => void clock.advance(TICK), TICK);
    return () => clearInterval(ticking);
  }, [clock]);
  const definition = MACHINES[0]?.definition;
  const instance = useMemo(
    () => definition && chartState(definition, snapshot, taken, new Set(view.allowed)),
    [definition, snapshot, taken, view.allowed],
  );
  return (
    <>
      <Phone recovery={recovery} />
      <Around recovery={recovery} />
      <div className="wallet-chart">{instance && <Chart instance={instance} isLive />}</div>
    </>
  );
}
