import './overlays.css';
import { useContext, useMemo, useState } from 'react';
import { type CoverageData, parseCoverage } from '../../../src/testing/coverage/data.ts';
import { linkTo } from '../app/route.ts';
import { Chart } from '../chart/canvas.tsx';
import { MACHINES, type OwnMachine } from '../chart/machines.ts';
import type { Mark } from '../chart/scene.ts';
import type { Service } from '../recoveries/service.ts';
import { recoveries } from '../recoveries/texts.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { coverageMarks, overlaid, shareOf } from './coverage.ts';
import { figureMarks } from './figures.ts';
import { readTrails } from './files.ts';
import { type Statistics, statisticsOf } from './statistics.ts';
import { Figures } from './table.tsx';

type Source = 'none' | 'coverage' | 'service' | 'file';
type Shown =
  | { kind: 'coverage'; data: CoverageData; name: string }
  | { kind: 'statistics'; statistics: Statistics }
  | { kind: 'reading' }
  | { kind: 'unreadable'; why: string };

const SOURCES: Source[] = ['none', 'coverage', 'service', 'file'];
const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

/** One of the nine charts, coloured by coverage or with figures of audit trails. */
export function ChartsWithFigures({ service, id = 'recovery' }: { service: Service; id?: string | undefined }) {
  const { overlay } = useTexts(recoveries);
  const [source, setSource] = useState<Source>('none');
  const [shown, setShown] = useState<Shown>();
  const [parent] = MACHINES;
  const own = MACHINES.find((machine) => machine.id === id) ?? parent;
  if (!parent || !own) return null;
  const choose = (next: Source) => {
    setSource(next);
    setShown(undefined);
    if (next !== 'service') return;
    setShown({ kind: 'reading' });
    service.trails().then(
      (trails) => setShown({ kind: 'statistics', statistics: statisticsOf(parent.machine, trails) }),
      (error: unknown) => setShown({ kind: 'unreadable', why: String(error) }),
    );
  };
  const open = async (file: File) => {
    try {
      const text = await file.text();
      if (source === 'coverage') setShown({ kind: 'coverage', data: parseCoverage(text), name: file.name });
      else setShown({ kind: 'statistics', statistics: statisticsOf(parent.machine, readTrails(text)) });
    } catch (error) {
      setShown({ kind: 'unreadable', why: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div className="overlays">
      <div className="recoveries-filter">
        <a href={linkTo('recoveries')} className="button">
          ← {overlay.back}
        </a>
        <ChartChoice own={own} />
        <select aria-label={overlay.show} value={source} onChange={(event) => choose(event.target.value as Source)}>
          {SOURCES.map((each) => (
            <option key={each} value={each}>
              {overlay.sources[each]}
            </option>
          ))}
        </select>
        {(source === 'coverage' || source === 'file') && (
          <label className="button file">
            {overlay.open}
            <input
              type="file"
              accept=".json,application/json"
              onChange={(event) => {
                const [file] = event.target.files ?? [];
                if (file) void open(file);
              }}
            />
          </label>
        )}
        <Told shown={shown} source={source} own={own} />
      </div>
      <Body own={own} shown={shown} />
    </div>
  );
}

function ChartChoice({ own }: { own: OwnMachine }) {
  const { overlay } = useTexts(recoveries);
  const locale = useContext(LocaleContext);
  return (
    <select
      aria-label={overlay.chart}
      value={own.id}
      onChange={(event) => location.assign(linkTo('recoveries', 'charts', event.target.value))}
    >
      {MACHINES.map(({ id, title }) => (
        <option key={id} value={id}>
          {title[locale]}
        </option>
      ))}
    </select>
  );
}

/** What the colours are made of, in a line. */
function Told({ shown, source, own }: { shown: Shown | undefined; source: Source; own: OwnMachine }) {
  const { overlay } = useTexts(recoveries);
  if (!shown) {
    if (source === 'none') return null;
    return <span className="quiet-text">{source === 'coverage' ? overlay.aboutCoverage : overlay.aboutTrails}</span>;
  }
  switch (shown.kind) {
    case 'reading':
      return <output className="quiet-text">{overlay.reading}</output>;
    case 'unreadable':
      return (
        <span className="bad-text" role="alert">
          {overlay.unreadable(shown.why)}
        </span>
      );
    case 'statistics':
      return (
        <output className="quiet-text">
          {overlay.trailsAre(shown.statistics.recoveries, shown.statistics.entries)}
        </output>
      );
    case 'coverage': {
      const { met, of } = shareOf(coverageMarks(own.definition, shown.data));
      return <output className="quiet-text">{overlay.coverageIs(`${met}/${of}`, shown.name)}</output>;
    }
  }
}

function Body({ own, shown }: { own: OwnMachine; shown: Shown | undefined }) {
  const { words } = useTexts(chartTexts);
  const instance = useMemo(
    () =>
      overlaid(own.definition, (chart) => {
        if (shown?.kind === 'coverage') return coverageMarks(chart, shown.data);
        return shown?.kind === 'statistics' ? figureMarks(chart, shown.statistics, words) : NO_MARKS;
      }),
    [own, shown, words],
  );
  return (
    <div className={shown?.kind === 'statistics' ? 'overlays-body with-table' : 'overlays-body'}>
      <Chart key={`${own.id} ${shown?.kind}`} instance={instance} />
      {shown?.kind === 'statistics' && <Figures chart={own.definition} statistics={shown.statistics} />}
    </div>
  );
}
