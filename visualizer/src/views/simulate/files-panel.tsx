import { useState } from 'react';
import { parseScenario } from '../../../../src/scenario/parse.ts';
import { PATHS } from '../../registry.ts';
import { accountIn, policyIn } from '../../simulator/checks.ts';
import { scenarioText } from '../../simulator/export.ts';
import { type Foreign, foreignMachine } from '../../simulator/foreign.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { RunControl } from './use-run.ts';

/** Runs as scenario files, scenario files as runs, and machines from elsewhere. */
export function FilesPanel({ control, onRun }: { control: RunControl; onRun(): void }) {
  const texts = useTexts(simulatorTexts);
  const { run, command, play, start } = control;
  const { simulator, written, foreign } = run;
  const [pasted, setPasted] = useState('');
  const [machine, setMachine] = useState('');
  const open = (name: string, text: string) =>
    void command(() => {
      play(parseScenario(name, text, PATHS));
      onRun();
    });
  const canExport = simulator.subject.kind === 'recovery' && run.playback === undefined;
  return (
    <div className="files">
      <section className="field">
        <button
          type="button"
          disabled={!canExport}
          onClick={() =>
            void command(() => {
              const about = { account: accountIn(written.account), policy: policyIn(written.policy) as object };
              const title = `a run of ${simulator.subject.id}`;
              save('run.yaml', scenarioText(simulator, { title, account: about.account, policy: { ...about.policy } }));
            })
          }
        >
          {texts.exportRun}
        </button>
        <small>{canExport ? texts.exportHelp : texts.exportNot}</small>
      </section>
      <section>
        <label className="field">
          {texts.open}
          <input
            type="file"
            accept=".yaml,.yml,.json"
            onChange={async (event) => {
              const [file] = event.target.files ?? [];
              if (file) open(file.name, await file.text());
            }}
          />
        </label>
        <label className="field">
          {texts.paste}
          <textarea
            className="code"
            rows={5}
            spellCheck={false}
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
          />
        </label>
        <button type="button" disabled={pasted.trim() === ''} onClick={() => open('pasted.yaml', pasted)}>
          {texts.play}
        </button>
      </section>
      <section>
        <label className="field">
          {texts.machineJson}
          <textarea
            className="code"
            rows={6}
            spellCheck={false}
            value={machine}
            onChange={(event) => setMachine(event.target.value)}
          />
          <small>{texts.machineHelp}</small>
        </label>
        <button
          type="button"
          disabled={machine.trim() === ''}
          onClick={() =>
            void command(() => {
              start(foreignMachine(machine), written);
            })
          }
        >
          {texts.run}
        </button>
        {foreign && <ForeignChoices foreign={foreign} onChange={() => void command(() => {})} />}
      </section>
    </div>
  );
}

/** What the JSON of a machine does not say. */
function ForeignChoices({ foreign, onChange }: { foreign: Foreign; onChange(): void }) {
  const texts = useTexts(simulatorTexts);
  return (
    <>
      {foreign.guards.size > 0 && (
        <fieldset className="field">
          <legend>{texts.guards}</legend>
          {[...foreign.guards].map(([name, says]) => (
            <label key={name} className="check">
              <input
                type="checkbox"
                checked={says}
                onChange={(event) => {
                  foreign.guards.set(name, event.target.checked);
                  onChange();
                }}
              />
              <code>{name}</code>
            </label>
          ))}
        </fieldset>
      )}
      {foreign.delays.size > 0 && (
        <fieldset className="field">
          <legend>{texts.delays}</legend>
          {[...foreign.delays].map(([name, ms]) => (
            <label key={name} className="field inline">
              <code>{name}</code>
              <input
                type="number"
                min={0}
                value={ms}
                onChange={(event) => {
                  foreign.delays.set(name, Math.max(0, Number(event.target.value)));
                  onChange();
                }}
              />
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
