import { useState } from 'react';
import { Step, TextField } from './parts.tsx';
import { type ScreenProps, shownBy } from './screen.ts';

type Item = keyof ScreenProps['texts']['appeal'];

/** What the owner remembers; every item may be left out. */
export function Filing({ recovery, texts }: ScreenProps) {
  const { send, sandbox } = recovery;
  const [said, setSaid] = useState<Partial<Record<Item, string>>>({});
  const needsProof = recovery.path.manualReview === true;
  return (
    <Step
      go={texts.file}
      onGo={() => {
        const { lastTopUps, ...texts } = said;
        send({
          type: 'appeal.file',
          ...texts,
          ...(lastTopUps ? { lastTopUps: [lastTopUps] } : {}),
          ...(needsProof ? { evidenceRefs: [sandbox.world.capture({})] } : {}),
        });
      }}
    >
      <p>{texts.noFee}</p>
      {(Object.keys(texts.appeal) as Item[]).map((item) => (
        <TextField
          key={item}
          label={texts.appeal[item]}
          value={said[item] ?? ''}
          onChange={(text) => {
            const { [item]: _, ...others } = said;
            setSaid(text === '' ? others : { ...others, [item]: text });
          }}
        />
      ))}
    </Step>
  );
}

/** What the agent asked for. */
export function Supplementing({ recovery, texts }: ScreenProps) {
  const { send, sandbox } = recovery;
  const { items = [] } = shownBy<{ items: string[] }>(recovery);
  return (
    <Step
      go={texts.supplement}
      onGo={() => send({ type: 'appeal.supplement', evidenceRefs: items.map(() => sandbox.world.capture({})) })}
    >
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </Step>
  );
}
