import { expect, it } from 'vitest';
import { delayInWords } from '../../visualizer/src/chart/words.ts';
import { chart } from '../../visualizer/src/texts/chart.ts';

it.each([
  [0, '0 seconds', '0 秒'],
  [1, '1 millisecond', '1 毫秒'],
  [1_000, '1 second', '1 秒'],
  [2_700_000, '45 minutes', '45 分钟'],
  [5_400_000, '1 hour 30 minutes', '1 小时 30 分钟'],
  [259_200_000, '3 days', '3 天'],
  [90_061_001, '1 day 1 hour', '1 天 1 小时'],
])('a delay of %d ms is %s, %s', (ms, inEnglish, inChinese) => {
  expect(delayInWords(ms, chart.en.words)).toBe(inEnglish);
  expect(delayInWords(ms, chart['zh-CN'].words)).toBe(inChinese);
});
