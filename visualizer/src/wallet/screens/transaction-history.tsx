import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import { type ScreenProps, shownBy } from './screen.ts';

interface Shown {
  questions: { questionId: string; element: string; prompt: string }[];
  answered: string[];
  makingUp: string | null;
}

/** In yuan as a person writes it, or in fen as the port is asked. */
const inFen = (text: string) => (/^\d+(\.\d{1,2})?$/.test(text.trim()) ? Math.round(Number(text) * 100) : text);

/** One question after the other; an answer may be changed until the quiz is handed in. */
export function Answering({ recovery, texts }: ScreenProps) {
  const { send } = recovery;
  const { questions = [], answered = [] } = shownBy<Shown>(recovery);
  const open = questions.findIndex(({ questionId }) => !answered.includes(questionId));
  const [chosen, setChosen] = useState<number>();
  const [answer, setAnswer] = useState('');
  const at = chosen ?? (open < 0 ? questions.length - 1 : open);
  const question = questions[at];
  return (
    <>
      {question && (
        <Step
          key={question.questionId}
          go={texts.keep}
          disabled={answer.trim() === ''}
          onGo={() => {
            const said = question.element === 'amount' ? inFen(answer) : answer;
            send({ type: 'quiz.answer', questionId: question.questionId, answer: said });
            setAnswer('');
            setChosen(undefined);
          }}
        >
          <h3>{texts.question(at + 1, questions.length)}</h3>
          <TextField label={question.prompt} value={answer} onChange={setAnswer} hint={texts.hint} />
        </Step>
      )}
      <ol className="wallet-questions">
        {questions.map(({ questionId }, index) => (
          <li key={questionId}>
            <button
              type="button"
              aria-label={`${texts.question(index + 1, questions.length)}${answered.includes(questionId) ? `, ${texts.answered}` : ''}`}
              aria-current={index === at ? 'step' : undefined}
              className={answered.includes(questionId) ? 'answered' : ''}
              onClick={() => setChosen(index)}
            >
              {index + 1}
            </button>
          </li>
        ))}
      </ol>
      <button type="button" className="wallet-more" onClick={() => send({ type: 'quiz.submit' })}>
        {texts.handIn}
      </button>
    </>
  );
}

/** One of a few amounts in the place of a wrong one. */
export function MakingUp({ recovery, texts }: ScreenProps) {
  const { send, sandbox, account, path } = recovery;
  const { questions = [], makingUp } = shownBy<Shown>(recovery);
  const question = questions.find(({ questionId }) => questionId === makingUp);
  const which = { accountId: account.accountId, recoveryId: 'r1', quizId: String(path.quizId ?? '') };
  const choices = question ? (sandbox.choices({ ...which, questionId: question.questionId }) ?? []) : [];
  return (
    <div className="wallet-step">
      <h3>{texts.makeUp}</h3>
      <p>{question?.prompt}</p>
      {choices.map((choice) => (
        <button
          key={choice}
          type="button"
          className="wallet-capture"
          onClick={() => send({ type: 'quiz.makeUp', choice })}
        >
          ¥{(choice / 100).toFixed(2)}
        </button>
      ))}
      <button type="button" className="wallet-more" onClick={() => send({ type: 'quiz.submit' })}>
        {texts.handIn}
      </button>
    </div>
  );
}
