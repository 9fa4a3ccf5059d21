import { init } from 'echarts';
import type { Plot } from './figures.ts';

const SIZE = { width: 760, height: 420 };

/** A plot as SVG. */
export function svgOf({ title, x, y, series }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  const axis = ({ title: name, log }: Plot['x']) => ({
    type: log ? ('log' as const) : ('value' as const),
    name,
    nameLocation: 'middle' as const,
    nameGap: 32,
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 28 },
    grid: { left: 80, right: 30, top: 70, bottom: 55 },
    xAxis: axis(x),
    yAxis: { ...axis(y), nameGap: 55 },
    series: series.map(({ name, points }) => ({ type: 'line', name, data: points })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
