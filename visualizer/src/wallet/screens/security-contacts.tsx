import { useState } from 'react';
import { Step } from './parts.tsx';
import { type ScreenProps, shownBy } from './screen.ts';

/** Who is asked. */
export function SelectingContacts({ recovery, texts }: ScreenProps) {
  const { account, send } = recovery;
  const [chosen, setChosen] = useState<readonly string[]>(() => account.contacts.map(({ contactId }) => contactId));
  return (
    <Step
      go={texts.ask}
      disabled={chosen.length === 0}
      onGo={() => send({ type: 'contacts.request', contactIds: [...chosen] })}
    >
      <fieldset className="wallet-choices">
        <legend>{texts.askWhom}</legend>
        {account.contacts.map(({ contactId }) => (
          <label key={contactId}>
            <input
              type="checkbox"
              checked={chosen.includes(contactId)}
              onChange={(event) =>
                setChosen(event.target.checked ? [...chosen, contactId] : chosen.filter((id) => id !== contactId))
              }
            />
            {contactId}
          </label>
        ))}
      </fieldset>
    </Step>
  );
}

/** The contacts take their time; how many have confirmed. */
export function WaitingForContacts({ recovery, texts }: ScreenProps) {
  const { confirmed = 0 } = shownBy<{ confirmed: number }>(recovery);
  return <p className="wallet-figure">{texts.confirmed(confirmed)}</p>;
}
