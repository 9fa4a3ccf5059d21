import { useState } from 'react';
import { Step } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

/** Both sides of the document. */
export function CapturingDocument({ recovery, texts }: ScreenProps) {
  const { sandbox, send } = recovery;
  const [refs, setRefs] = useState<{ front?: string; back?: string }>({});
  const { front, back } = refs;
  const take = (side: 'front' | 'back') => setRefs({ ...refs, [side]: sandbox.world.capture({}) });
  return (
    <Step
      go={texts.send}
      disabled={!front || !back}
      onGo={() => {
        send({ type: 'document.submit', frontRef: front, backRef: back });
        setRefs({});
      }}
    >
      <button type="button" className="wallet-capture" onClick={() => take('front')}>
        {texts.front}
        {front && <span className="wallet-taken">{texts.taken}</span>}
      </button>
      <button type="button" className="wallet-capture" onClick={() => take('back')}>
        {texts.back}
        {back && <span className="wallet-taken">{texts.taken}</span>}
      </button>
    </Step>
  );
}

export function CapturingFace({ recovery, texts }: ScreenProps) {
  const { sandbox, send } = recovery;
  return <Step go={texts.face} onGo={() => send({ type: 'face.submit', captureRef: sandbox.world.capture({}) })} />;
}
