import { useContext, useMemo, useState } from 'react';
import type { InspectedRecovery } from '../../../src/http/inspector-view.ts';
import { linkTo } from '../app/route.ts';
import { Chart } from '../chart/canvas.tsx';
import { MACHINES } from '../chart/machines.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { History } from './history.tsx';
import { instanceOf, momentOf } from './moments.ts';
import { Calls, Facts, Timers } from './parts.tsx';
import type { Service } from './service.ts';
import { recoveries } from './texts.ts';
import { nextOf, useAsked, useServiceClock } from './use-service.ts';
import { pathIn, textsOfRecovery } from './words.ts';

interface OneProps {
  service: Service;
  id: string;
  news: number;
}

/** One recovery: its chart, and beside it what it waits for and what happened. */
export function OneRecovery({ service, id, news }: OneProps) {
  const texts = useTexts(recoveries);
  const ask = (last: InspectedRecovery | undefined) => nextOf(service, id, last);
  const { answer, code } = useAsked(ask, `${id} ${news}`);
  if (answer) return <Opened recovery={answer} />;
  return code === 'unknown' || code === 'refused' ? <p className="empty">{texts.unknown}</p> : null;
}

const [PARENT] = MACHINES;

function Opened({ recovery }: { recovery: InspectedRecovery }) {
  const texts = useTexts(recoveries);
  const locale = useContext(LocaleContext);
  const [chosen, setChosen] = useState<number>();
  const now = useServiceClock(recovery.now);
  const { history, allowed } = recovery;
  const index = chosen === undefined ? history.length - 1 : Math.min(chosen, history.length - 1);
  const isPast = index < history.length - 1;
  const moment = useMemo(() => PARENT && momentOf(PARENT.machine, history, index), [history, index]);
  const instance = useMemo(
    () => PARENT && instanceOf(PARENT, moment, isPast ? undefined : allowed),
    [moment, isPast, allowed],
  );
  const shown = textsOfRecovery(recovery, recovery.timers, locale);
  const path = pathIn(recovery.state);
  return (
    <div className="recovery">
      <div className="recovery-chart">{instance && <Chart instance={instance} isLive />}</div>
      <aside className="recovery-side" aria-label={shown.state}>
        <a href={linkTo('recoveries')}>← {texts.back}</a>
        <header>
          <h1>{shown.state}</h1>
          <p>
            <code>{recovery.state}</code>
          </p>
          <p className="quiet-text">
            {texts.statuses[recovery.status]} · {recovery.accountId}
            {path === undefined ? '' : ` · ${shown.paths[path] ?? path}`}
          </p>
          <p>
            <code>{recovery.recoveryId}</code>
          </p>
          {!moment && <p className="bad-text">{texts.otherVersion(recovery.machineVersion)}</p>}
        </header>
        <Timers recovery={recovery} now={now} />
        <Calls recovery={recovery} now={now} />
        <History
          history={history}
          index={index}
          onChoose={(next) => setChosen(next >= history.length - 1 ? undefined : next)}
        />
        <Facts context={recovery.context} />
      </aside>
    </div>
  );
}
