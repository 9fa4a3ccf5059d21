import { useState } from 'react';
import { type Written, WrongText } from '../../simulator/checks.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { RunControl } from './use-run.ts';

const EXAMPLES = {
  all: '{}\n',
  noCard: 'cards: []\n',
  nothing:
    'cards: []\nvalidTransactions: 3\ncontacts: []\nrealName: { verified: false }\n' +
    'biometric: { enabled: false }\nvoiceprint: { enrolled: false }\n',
} as const;

/** Account facts and policy, written as YAML or JSON and checked by their schemas. */
export function SetUpPanel({ control }: { control: RunControl }) {
  const texts = useTexts(simulatorTexts);
  const { run, start, change, command } = control;
  const { subject } = run.simulator;
  const [written, setWritten] = useState<Written>(run.written);
  const [wrong, setWrong] = useState<WrongText>();
  const set = (part: Partial<Written>) => setWritten({ ...written, ...part });
  const tryTo = (act: () => void) =>
    void command(() => {
      setWrong(undefined);
      try {
        act();
      } catch (error) {
        if (!(error instanceof WrongText)) throw error;
        setWrong(error);
      }
    });
  const fault = (part: keyof Written) =>
    wrong?.part === part ? (
      <span className="fault" id={`fault-${part}`} role="alert">
        {wrong.message}
      </span>
    ) : null;
  const described = (part: keyof Written) =>
    wrong?.part === part ? { 'aria-invalid': true, 'aria-describedby': `fault-${part}` } : {};
  return (
    <form
      className="set-up"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        tryTo(() => start(subject, written));
      }}
    >
      <div className="field">
        <label htmlFor="set-up-account">{texts.account}</label>
        <div className="buttons">
          {Object.entries(EXAMPLES).map(([name, text]) => (
            <button key={name} type="button" onClick={() => set({ account: text })}>
              {texts.examples[name as keyof typeof EXAMPLES]}
            </button>
          ))}
        </div>
        <textarea
          id="set-up-account"
          className="code"
          rows={6}
          spellCheck={false}
          value={written.account}
          onChange={(event) => set({ account: event.target.value })}
          {...described('account')}
        />
        {fault('account')}
        <small>{texts.accountHelp}</small>
      </div>
      <div className="field">
        <label htmlFor="set-up-policy">{texts.policy}</label>
        <textarea
          id="set-up-policy"
          className="code"
          rows={4}
          spellCheck={false}
          value={written.policy}
          onChange={(event) => set({ policy: event.target.value })}
          {...described('policy')}
        />
        {fault('policy')}
        <small>{texts.policyHelp}</small>
      </div>
      <label className="field inline">
        {texts.profile}
        <select
          value={written.profile}
          onChange={(event) => set({ profile: event.target.value as Written['profile'] })}
        >
          <option>source</option>
          <option>strict</option>
        </select>
      </label>
      <label className="field">
        {texts.device}
        <input
          type="text"
          value={written.deviceId}
          onChange={(event) => set({ deviceId: event.target.value })}
          {...described('deviceId')}
        />
        {fault('deviceId')}
      </label>
      <label className="field">
        {texts.begins}
        <input
          type="text"
          value={written.now}
          onChange={(event) => set({ now: event.target.value })}
          {...described('now')}
        />
        {fault('now')}
      </label>
      <div className="buttons">
        <button type="submit" className="primary">
          {texts.apply}
        </button>
        <button type="button" onClick={() => tryTo(() => change(written))}>
          {texts.change}
        </button>
      </div>
      <small className="quiet-text">{texts.changeHelp}</small>
    </form>
  );
}
