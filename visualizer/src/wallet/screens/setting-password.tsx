import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

/** The new password, twice. */
export function SettingPassword({ recovery, texts }: ScreenProps) {
  const [password, setPassword] = useState('');
  const [confirmation, setConfirmation] = useState('');
  const field = { type: 'password', keys: 'numeric', complete: 'new-password' } as const;
  return (
    <Step
      go={texts.set}
      disabled={password === '' || confirmation === ''}
      onGo={() => {
        recovery.send({ type: 'password.submit', password, confirmation });
        setPassword('');
        setConfirmation('');
      }}
    >
      <TextField label={texts.password} value={password} onChange={setPassword} {...field} />
      <TextField label={texts.repeat} value={confirmation} onChange={setConfirmation} {...field} />
    </Step>
  );
}
