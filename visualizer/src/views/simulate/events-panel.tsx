import { use, useState } from 'react';
import type { MachineView } from '../../../../src/core/index.ts';
import { contextOf } from '../../simulator/chart-state.ts';
import { faultsOf, formOf } from '../../simulator/form.ts';
import { recoveryView } from '../../simulator/play.ts';
import { sampleEvent } from '../../simulator/samples.ts';
import { allEvents } from '../../simulator/subject.ts';
import { sayings, textIn } from '../../simulator/words.ts';
import { LocaleContext, useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { Command } from './clock-panel.tsx';
import { SchemaForm } from './schema-form.tsx';
import type { Run } from './use-run.ts';

interface EventsPanelProps {
  run: Run;
  views: readonly MachineView[];
  possible: readonly string[];
  command: Command;
}

/** The events that are possible now, each with its form; those that would be refused are listed. */
export function EventsPanel({ run, views, possible, command }: EventsPanelProps) {
  const texts = useTexts(simulatorTexts);
  const locale = use(LocaleContext);
  const { simulator } = run;
  const { subject, simulation } = simulator;
  const [chosen, setChosen] = useState<string>();
  const refused = allEvents(subject).filter((type) => !possible.includes(type));
  const open = chosen !== undefined && possible.includes(chosen) ? chosen : undefined;
  const moment = simulation.current;
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">{texts.events}</h2>
      {moment.refused && (
        <p className="problem" role="status">
          {texts.refused}:{' '}
          {[moment.refused.code, moment.refused.reason, moment.refused.field].filter(Boolean).join(' · ')}
          {moment.refused.message !== undefined && <small>{moment.refused.message}</small>}
        </p>
      )}
      {possible.length === 0 && <p className="quiet-text">{texts.noneNow}</p>}
      <ul className="events">
        {possible.map((type) => (
          <li key={type}>
            <button
              type="button"
              className="event"
              aria-expanded={open === type}
              onClick={() => setChosen(open === type ? undefined : type)}
            >
              <code>{type}</code>
              <span>{textIn(sayings(locale).events, type)}</span>
            </button>
            {open === type && (
              <EventForm
                key={simulation.index}
                type={type}
                run={run}
                views={views}
                onSend={(event, as) => void command(() => simulator.send(event, as))}
              />
            )}
          </li>
        ))}
      </ul>
      {refused.length > 0 && (
        <details>
          <summary>{texts.impossible(refused.length)}</summary>
          <ul className="refused-events">
            {refused.map((type) => (
              <li key={type}>
                <code>{type}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

interface EventFormProps {
  type: string;
  run: Run;
  views: readonly MachineView[];
  onSend(event: { type: string }, as?: string): void;
}

function EventForm({ type, run, views, onSend }: EventFormProps) {
  const texts = useTexts(simulatorTexts);
  const locale = use(LocaleContext);
  const { subject, simulation, setting } = run.simulator;
  const spec = subject.events[type];
  const field = spec && formOf(spec.schema);
  const [value, setValue] = useState<unknown>(() => {
    const isParent = subject.kind === 'recovery';
    const path = contextOf(views, ...((isParent ? views[1] : views[0])?.path ?? [])) ?? {};
    const account = (contextOf(views)?.account as typeof setting.account | null) ?? setting.account;
    const eligible = isParent ? recoveryView(simulation, setting).eligible : [];
    return sampleEvent(type, { ...setting, account, path, open: eligible });
  });
  const [agent, setAgent] = useState(type.startsWith('callback.') ? '1' : '2');
  const [payload, setPayload] = useState('{}');
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const submit = () => {
    if (!spec) {
      try {
        onSend({ ...(JSON.parse(payload) as object), type });
      } catch {
        setFaults(new Map([['', texts.notJson]]));
      }
      return;
    }
    const found = faultsOf(spec.schema, value, locale);
    setFaults(found);
    if (found.size > 0) return;
    onSend(value as { type: string }, spec.from === 'agent' ? `agent:${agent}` : undefined);
  };
  return (
    <form
      className="event-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {spec && <p className="quiet-text">{texts.sentBy[spec.from]}</p>}
      {field && <SchemaForm field={field} value={value} faults={faults} onChange={setValue} />}
      {spec?.from === 'agent' && (
        <label className="field">
          {texts.agentId}
          <input type="text" value={agent} onChange={(event) => setAgent(event.target.value)} />
        </label>
      )}
      {!spec && (
        <label className="field">
          {texts.payload}
          <textarea rows={2} value={payload} onChange={(event) => setPayload(event.target.value)} />
        </label>
      )}
      {faults.get('') !== undefined && <p className="fault">{faults.get('')}</p>}
      <button type="submit" className="primary">
        {texts.send}
        <span className="visually-hidden"> {type}</span>
      </button>
    </form>
  );
}
