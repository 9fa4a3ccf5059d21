import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

export function Calling({ recovery, texts }: ScreenProps) {
  return <Step go={texts.call} onGo={() => recovery.send({ type: 'call.connected' })} />;
}

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

/** The menu of the line. */
export function ChoosingKey({ recovery, texts }: ScreenProps) {
  return (
    <>
      <h3>{texts.key}</h3>
      <div className="wallet-keys">
        {KEYS.map((key) => (
          <button key={key} type="button" onClick={() => recovery.send({ type: 'call.key', key })}>
            {key}
          </button>
        ))}
      </div>
      <HangUp recovery={recovery} texts={texts} />
    </>
  );
}

/** The digits that are read out, to be repeated. */
export function Listening({ recovery, texts }: ScreenProps) {
  const { send, sandbox, account } = recovery;
  const digits = sandbox.world.inbox(account.phone).at(-1)?.code ?? '';
  return (
    <>
      <Step go={texts.speak} onGo={() => send({ type: 'voice.spoken', captureRef: sandbox.world.capture({}) })}>
        <p>{texts.heard}</p>
        <p className="wallet-figure">{digits.split('').join(' ')}</p>
      </Step>
      <HangUp recovery={recovery} texts={texts} />
    </>
  );
}

type Question = keyof ScreenProps['texts']['security'];

export function AnsweringSecurity({ recovery, texts }: ScreenProps) {
  const [answers, setAnswers] = useState<Partial<Record<Question, string>>>({});
  return (
    <>
      <Step go={texts.answer} onGo={() => recovery.send({ type: 'answers.submit', answers })}>
        {(Object.keys(texts.security) as Question[]).map((question) => (
          <TextField
            key={question}
            label={texts.security[question]}
            value={answers[question] ?? ''}
            onChange={(text) => setAnswers({ ...answers, [question]: text })}
          />
        ))}
      </Step>
      <HangUp recovery={recovery} texts={texts} />
    </>
  );
}

const HangUp = ({ recovery, texts }: Pick<ScreenProps, 'recovery' | 'texts'>) => (
  <button type="button" className="wallet-more" onClick={() => recovery.send({ type: 'call.dropped' })}>
    {texts.hangUp}
  </button>
);
