import { useState } from 'react';
import type { History } from '../../live/history.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';
import { EventList } from './event-list.tsx';
import { Sequence } from './sequence.tsx';
import { SnapshotTree } from './snapshot-tree.tsx';

const PANELS = ['events', 'sequence', 'snapshot'] as const;
type Panel = (typeof PANELS)[number];

export interface HistoryProps {
  history: History;
  /** The step that is looked at; -1 before the first. */
  step: number;
  onStep(step: number): void;
}

/** The history as a list and as a sequence diagram, and the snapshot of the moment. */
export function Panels({ actor, ...props }: HistoryProps & { actor: string | undefined }) {
  const texts = useTexts(inspectTexts);
  const [panel, setPanel] = useState<Panel>('events');
  return (
    <aside className="panels" aria-label={texts.panelsLabel}>
      <div role="tablist" aria-label={texts.panelsLabel} onKeyDown={(event) => move(event, panel, setPanel)}>
        {PANELS.map((id) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-selected={id === panel}
            aria-controls="panel"
            tabIndex={id === panel ? 0 : -1}
            onClick={() => setPanel(id)}
          >
            {texts.panels[id]}
          </button>
        ))}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby={`tab-${panel}`} className="panel">
        {panel === 'events' && <EventList {...props} />}
        {panel === 'sequence' && <Sequence {...props} />}
        {panel === 'snapshot' && <SnapshotTree history={props.history} step={props.step} actor={actor} />}
      </div>
    </aside>
  );
}

function move(event: { key: string }, panel: Panel, setPanel: (panel: Panel) => void): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (by === 0) return;
  const next = PANELS[(PANELS.indexOf(panel) + by + PANELS.length) % PANELS.length] ?? 'events';
  setPanel(next);
  document.getElementById(`tab-${next}`)?.focus();
}
