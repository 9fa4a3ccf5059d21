import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import { type ScreenProps, shownBy } from './screen.ts';

/** One payment, up to the limit. */
export function Paying({ recovery, texts }: ScreenProps) {
  const { limitFen = 0 } = shownBy<{ limitFen: number }>(recovery);
  const [yuan, setYuan] = useState('99.00');
  const [payment, setPayment] = useState(1);
  const unresolved = recovery.path.unresolved as { redemptionId: string } | null | undefined;
  const fen = Math.round(Number(yuan) * 100);
  return (
    <Step
      go={texts.pay}
      disabled={!(fen > 0)}
      onGo={() => {
        const redemptionId = unresolved?.redemptionId ?? `p${payment}`;
        recovery.send({
          type: 'code.redeem',
          amountFen: fen,
          category: 'medical',
          merchantRef: 'pharmacy',
          redemptionId,
        });
        setPayment(payment + 1);
      }}
    >
      <TextField
        label={texts.amount}
        value={yuan}
        onChange={setYuan}
        keys="decimal"
        hint={texts.limit((limitFen / 100).toFixed(0))}
      />
    </Step>
  );
}
