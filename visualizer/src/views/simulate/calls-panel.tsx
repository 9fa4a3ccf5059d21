import { use, useState } from 'react';
import { parse } from 'zod';
import { agreeablePorts } from '../../../../src/adapters/agreeable.ts';
import type { PortCall } from '../../../../src/adapters/ports.ts';
import { PATHS, PORTS } from '../../registry.ts';
import { emptyOf, faultsOf, formOf } from '../../simulator/form.ts';
import type { Call, Reply } from '../../simulator/simulation.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { clockText } from '../../simulator/words.ts';
import type { Answering } from '../../simulator/world.ts';
import { LocaleContext, useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { Command } from './clock-panel.tsx';
import { SchemaForm } from './schema-form.tsx';

const ANSWERINGS = ['world', 'hand', 'hangs', 'fails'] as const satisfies readonly Answering[];

/** Calls under way: each is answered, fails or hangs. */
export function CallsPanel({ simulator, command }: { simulator: Simulator; command: Command }) {
  const texts = useTexts(simulatorTexts);
  const { calls } = simulator.simulation.current;
  return (
    <section aria-labelledby="calls-title">
      <h2 id="calls-title">{texts.calls}</h2>
      {simulator.subject.kind !== 'foreign' && (
        <label className="field inline">
          {texts.answering}
          <select
            value={simulator.others}
            onChange={(event) => void command(() => simulator.answerBy(event.target.value as Answering))}
          >
            {ANSWERINGS.map((each) => (
              <option key={each} value={each}>
                {texts.answerings[each]}
              </option>
            ))}
          </select>
        </label>
      )}
      {calls.length === 0 && <p className="quiet-text">{texts.noCalls}</p>}
      <ul className="calls">
        {calls.map((call) => (
          <li key={call.key}>
            <CallCard
              call={call}
              simulator={simulator}
              onReply={(reply) => void command(() => simulator.answer(call.key, reply))}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function CallCard({ call, simulator, onReply }: { call: Call; simulator: Simulator; onReply(reply: Reply): void }) {
  const texts = useTexts(simulatorTexts);
  const locale = use(LocaleContext);
  const spec = simulator.subject.kind === 'foreign' ? undefined : PORTS[call.port];
  const [value, setValue] = useState<unknown>(() => (spec ? emptyOf(formOf(spec.output)) : {}));
  const [isTouched, setTouched] = useState(false);
  const [reason, setReason] = useState<string>(texts.outOfOrder);
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  // What a well-behaved port says is a good beginning.
  const [isAsked, setAsked] = useState(false);
  if (spec && !isAsked) {
    setAsked(true);
    void wellBehaved(call, simulator).then((said) => setValue((now: unknown) => (isTouched ? now : said)));
  }
  const answer = () => {
    const found = spec ? faultsOf(spec.output, value, locale) : new Map<string, string>();
    setFaults(found);
    if (found.size === 0) onReply({ output: spec ? parse(spec.output, value) : value });
  };
  return (
    <div className="call">
      <h3>
        <code>{call.key}</code>
        {call.reply === 'hangs' && <span className="chip">{texts.hanging}</span>}
        {call.replyAt !== undefined && call.reply !== 'hangs' && (
          <span className="chip">{texts.answersAt(clockText(call.replyAt))}</span>
        )}
      </h3>
      <details>
        <summary>{texts.asks}</summary>
        <pre>{JSON.stringify(call.input, null, 1)}</pre>
      </details>
      <div className="buttons">
        <button type="button" className="primary" onClick={answer}>
          {texts.answer}
        </button>
        <button type="button" onClick={() => onReply({ throws: reason })}>
          {texts.fail}
        </button>
        <button type="button" disabled={call.reply === 'hangs'} onClick={() => onReply('hangs')}>
          {texts.hang}
        </button>
      </div>
      <SchemaForm
        field={spec ? formOf(spec.output) : { kind: 'json' }}
        value={value}
        faults={faults}
        onChange={(next) => {
          setTouched(true);
          setValue(next);
        }}
      />
      <label className="field">
        {texts.reason}
        <input type="text" value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </div>
  );
}

function wellBehaved({ port, input }: Call, { setting }: Simulator): Promise<unknown> {
  const ports = agreeablePorts(() => setting.account, PATHS);
  const carryOut = ports[port] as (input: unknown, call: PortCall) => Promise<unknown>;
  return carryOut(input, {} as PortCall);
}
