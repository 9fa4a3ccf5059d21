import { type FormEvent, useState } from 'react';
import { useTexts } from '../texts/bilingual.ts';
import { sandboxToken } from './service.ts';
import { recoveries } from './texts.ts';

interface SignInProps {
  isSandbox: boolean;
  problem: 'token' | 'role' | undefined;
  onToken(token: string): void;
}

/** Asks for the token of an agent or auditor. */
export function SignIn({ isSandbox, problem, onToken }: SignInProps) {
  const { signIn } = useTexts(recoveries);
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') onToken(token.trim());
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <h1>{signIn.title}</h1>
      <p className="quiet-text">{signIn.about}</p>
      {problem && (
        <p className="bad-text" role="alert">
          {signIn.problems[problem]}
        </p>
      )}
      {isSandbox && (
        <button type="button" className="first" onClick={() => void sandboxToken().then(onToken)}>
          {signIn.sandbox}
        </button>
      )}
      <label>
        {signIn.token}
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <button type="submit" disabled={token.trim() === ''}>
        {signIn.go}
      </button>
    </form>
  );
}
