import type { ChartDefinition } from '../chart/definition.ts';
import { nodesOf } from '../chart/definition.ts';
import { recoveries } from '../recoveries/texts.ts';
import { useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { lengthInWords } from './figures.ts';
import type { Statistics } from './statistics.ts';

/** The figures of a chart's states, those that are entered most first. */
export function Figures({ chart, statistics }: { chart: ChartDefinition; statistics: Statistics }) {
  const { overlay } = useTexts(recoveries);
  const { words } = useTexts(chartTexts);
  const figures = statistics.machines.get(chart.id);
  const rows = [...nodesOf(chart.root)]
    .filter(({ path }) => path.length > 0)
    .flatMap(({ id, path }) => {
      const of = figures?.get(id);
      return of ? [{ id, name: path.join('.'), ...of }] : [];
    })
    .sort((a, b) => b.entered - a.entered);
  const text = (ms: number | undefined) => (ms === undefined ? '–' : lengthInWords(ms, words));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and holds nothing else that takes the focus
    <section className="recoveries figures" aria-label={overlay.table} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{overlay.table}</caption>
        <thead>
          <tr>
            <th scope="col">{overlay.state}</th>
            <th scope="col">{overlay.entered}</th>
            <th scope="col">{overlay.median}</th>
            <th scope="col">{overlay.longest}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, name, entered, median, longest }) => (
            <tr key={id}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td className="figure">{entered}</td>
              <td className="figure">{text(median)}</td>
              <td className="figure">{text(longest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
