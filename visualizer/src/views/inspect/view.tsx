import './inspect.css';
import { useEffect, useMemo, useState } from 'react';
import { Chart } from '../../chart/canvas.tsx';
import { knownChart, MACHINES } from '../../chart/machines.ts';
import { Inspection, useInspection } from '../../live/inspection.ts';
import { instanceAt } from '../../live/moment.ts';
import { fromChannel, fromOpener } from '../../live/sources.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';
import { Panels } from './panels.tsx';
import { relayHere, Sidebar, type Subject } from './sidebar.tsx';
import { Timeline } from './timeline.tsx';

const inspection = new Inspection(knownChart);
let isListening = false;

/** Listens to whatever may tell something without being asked; once, as the history outlives the view. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  fromOpener(inspection.sink('opener'));
  fromChannel(inspection.sink('channel'));
  const relay = relayHere();
  if (relay && !relay.needsToken) inspection.connect(relay.url);
}

export default function View() {
  const texts = useTexts(inspectTexts);
  const version = useInspection(inspection);
  const [chosen, setChosen] = useState<Subject>();
  const [step, setStep] = useState<number>(); // none: the latest
  useEffect(listen, []);

  const { history } = inspection;
  const last = history.steps.length - 1;
  const current = Math.min(step ?? last, last);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a history grows; its version says when
  const subject = useMemo(() => subjectOf(chosen, history), [chosen, history, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const instance = useMemo(() => {
    if (subject.kind === 'actor') return instanceAt(history, subject.id, current);
    const own = MACHINES.find(({ id }) => id === subject.id);
    return own && { definition: own.definition };
  }, [subject, history, current, version]);

  return (
    <div className={`inspect ${last < 0 ? 'still' : ''}`}>
      <Sidebar inspection={inspection} step={current} subject={subject} onSubject={setChosen} onStep={setStep} />
      <div className="inspect-chart">
        {instance ? (
          <Chart key={`${subject.kind} ${subject.id}`} instance={instance} isLive={subject.kind === 'actor'} />
        ) : (
          <p className="empty">{texts.noActors}</p>
        )}
        <Timeline step={current} count={last + 1} isLive={step === undefined} onStep={setStep} />
      </div>
      {last >= 0 && (
        <Panels
          history={history}
          step={current}
          actor={subject.kind === 'actor' ? subject.id : undefined}
          onStep={setStep}
        />
      )}
    </div>
  );
}

/** What was chosen; else the first machine that told of itself; else the first of our charts. */
function subjectOf(chosen: Subject | undefined, { actors }: Inspection['history']): Subject {
  if (chosen && (chosen.kind === 'chart' || actors.has(chosen.id))) return chosen;
  const first = [...actors.values()].find(({ definition, parent }) => definition && parent === undefined);
  return first ? { kind: 'actor', id: first.key } : { kind: 'chart', id: MACHINES[0]?.id ?? '' };
}
