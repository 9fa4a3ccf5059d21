import './export.css';
import { useRef, useState } from 'react';
import type { Layout } from '../chart/layout.ts';
import { policyDelay } from '../chart/machines.ts';
import type { ChartInstance } from '../chart/scene.ts';
import { useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { drawingOf, type Palette } from './drawing.ts';
import { mermaidOf } from './mermaid.ts';
import { pngOf } from './png.ts';
import { svgOf } from './svg.ts';
import { exportTexts } from './texts.ts';

interface ExportProps {
  layout: Layout | undefined;
  instance: ChartInstance;
  instances: ReadonlyMap<string, ChartInstance>;
}

/** Saves the chart as it is shown: SVG and PNG as they are laid out, Mermaid from the definition. */
export function ExportMenu({ layout, instance, instances }: ExportProps) {
  const texts = useTexts(exportTexts);
  const { words } = useTexts(chartTexts);
  const menu = useRef<HTMLDetailsElement>(null);
  const [problem, setProblem] = useState<string>();
  const { definition } = instance;
  const save = async (ending: string, make: () => Blob | Promise<Blob>) => {
    if (menu.current) menu.current.open = false;
    try {
      download(await make(), `${definition.id.replace(/[^\w-]/g, '_')}.${ending}`);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const drawing = () => {
    if (!layout) throw new Error(texts.notYet);
    return drawingOf(layout, instances, palette());
  };
  return (
    <details
      className="export"
      ref={menu}
      onKeyDown={({ key }) => {
        if (key === 'Escape' && menu.current) menu.current.open = false;
      }}
    >
      <summary className="button">{texts.save}</summary>
      <div className="export-menu">
        <button
          type="button"
          onClick={() => void save('svg', () => new Blob([svgOf(drawing(), definition.id)], { type: 'image/svg+xml' }))}
        >
          SVG
        </button>
        <button type="button" onClick={() => void save('png', () => pngOf(drawing()))}>
          PNG
        </button>
        <button
          type="button"
          onClick={() =>
            void save(
              'mmd',
              () => new Blob([mermaidOf(definition, { words, delayOf: policyDelay })], { type: 'text/plain' }),
            )
          }
        >
          Mermaid
        </button>
      </div>
      {problem !== undefined && <p role="alert">{texts.failed(problem)}</p>}
    </details>
  );
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The colours of the page as it is shown now. */
function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: colour('--ground'),
    open: colour('--ground-2'),
    text: colour('--text'),
    quiet: colour('--quiet'),
    line: colour('--line-strong'),
    accent: colour('--accent'),
    accentGround: colour('--accent-ground'),
  };
}
