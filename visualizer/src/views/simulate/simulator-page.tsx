import { useMemo, useState } from 'react';
import { Chart } from '../../chart/canvas.tsx';
import type { ChartDefinition } from '../../chart/definition.ts';
import { MACHINES } from '../../chart/machines.ts';
import { chartOf } from '../../chart/read-config.ts';
import { chartState } from '../../simulator/chart-state.ts';
import { possibleEvents, SUBJECTS, type Subject, viewsOf } from '../../simulator/subject.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import { CallsPanel } from './calls-panel.tsx';
import { ClockPanel } from './clock-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { FilesPanel } from './files-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { PlaybackPanel } from './playback-panel.tsx';
import { SetUpPanel } from './set-up-panel.tsx';
import { useRun } from './use-run.ts';

const TABS = ['act', 'setUp', 'files'] as const;

function definitionOf(subject: Subject): ChartDefinition {
  return (
    MACHINES.find(({ id }) => id === subject.id && subject.kind !== 'foreign')?.definition ?? chartOf(subject.machine)
  );
}

/** Any machine on a clock that stands still: what may be done with it, its chart, and what has happened. */
export function SimulatorPage() {
  const texts = useTexts(simulatorTexts);
  const control = useRun();
  const { run, problem, command, start } = control;
  const { simulator } = run;
  const { subject, simulation } = simulator;
  const [tab, setTab] = useState<(typeof TABS)[number]>('act');
  const moment = simulation.current;
  const definition = useMemo(() => definitionOf(subject), [subject]);
  const views = useMemo(() => viewsOf(subject, moment.step), [subject, moment]);
  const possible = useMemo(
    () => (moment.step.status === 'done' ? [] : possibleEvents(subject, views)),
    [subject, views, moment],
  );
  const instance = useMemo(
    () => chartState(definition, moment.step.snapshot, moment.taken, new Set(possible)),
    [definition, moment, possible],
  );
  return (
    <div className="simulator">
      <section className="controls" aria-label={texts.title}>
        <div className="control-head">
          <label>
            <span className="visually-hidden">{texts.machine}</span>
            <select
              value={subject.kind === 'foreign' ? '' : subject.id}
              onChange={(event) => {
                const next = SUBJECTS.find(({ id }) => id === event.target.value);
                if (next) void command(() => start(next, run.written));
                else setTab('files');
              }}
            >
              {SUBJECTS.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
              <option value="">{texts.foreign}</option>
            </select>
          </label>
          <button
            type="button"
            onClick={() =>
              void command(() => (run.playback ? control.play(run.playback.scenario) : start(subject, run.written)))
            }
          >
            {texts.restart}
          </button>
        </div>
        <ClockPanel simulator={simulator} command={command} />
        {run.playback && <PlaybackPanel playback={run.playback} control={control} />}
        {problem !== undefined && (
          <p className="problem" role="alert">
            {texts.failed}: {problem}
          </p>
        )}
        <div className="tabs" role="tablist" aria-label={texts.tabsLabel}>
          {TABS.map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              id={`tab-${each}`}
              aria-selected={tab === each}
              aria-controls="simulator-panel"
              onClick={() => setTab(each)}
            >
              {texts.tabs[each]}
            </button>
          ))}
        </div>
        <div id="simulator-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} className="panel">
          {tab === 'act' && (
            <>
              <EventsPanel run={run} views={views} possible={possible} command={command} />
              <CallsPanel simulator={simulator} command={command} />
            </>
          )}
          {tab === 'setUp' && <SetUpPanel key={run.written.account} control={control} />}
          {tab === 'files' && <FilesPanel control={control} onRun={() => setTab('act')} />}
        </div>
      </section>
      <div className="simulator-chart">
        <Chart key={`${subject.kind} ${subject.id}`} instance={instance} isLive />
      </div>
      <HistoryPanel simulator={simulator} command={command} />
    </div>
  );
}
