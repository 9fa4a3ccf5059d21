import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

/** Which card, and who holds it. */
export function SelectingCard({ recovery, texts }: ScreenProps) {
  const { account, sandbox, send } = recovery;
  const [cardId, setCardId] = useState(account.cards[0]?.cardId ?? '');
  return (
    <Step
      go={texts.next}
      disabled={cardId === ''}
      onGo={() => send({ type: 'bankCard.submit', cardId, holderRef: sandbox.world.capture({}) })}
    >
      <fieldset className="wallet-choices">
        <legend>{texts.card}</legend>
        {account.cards.map((card) => (
          <label key={card.cardId}>
            <input type="radio" name="card" checked={card.cardId === cardId} onChange={() => setCardId(card.cardId)} />
            {texts.cardName(card.cardId)}
          </label>
        ))}
      </fieldset>
    </Step>
  );
}

/** The code that came to the phone. */
export function EnteringCode({ recovery, texts }: ScreenProps) {
  const { send } = recovery;
  const [code, setCode] = useState('');
  return (
    <>
      <Step
        go={texts.next}
        disabled={code === ''}
        onGo={() => {
          send({ type: 'code.submit', code });
          setCode('');
        }}
      >
        <TextField label={texts.code} value={code} onChange={setCode} keys="numeric" complete="one-time-code" />
      </Step>
      <button type="button" className="wallet-more" onClick={() => send({ type: 'code.resend' })}>
        {texts.resend}
      </button>
    </>
  );
}
