import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { Playback } from '../../visualizer/src/simulator/play.ts';

const FOLDER = 'test/scenarios';
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name))
  .sort();

it('plays every scenario file back, and what it expects holds', { timeout: 240_000 }, async () => {
  expect(FILES.length).toBeGreaterThan(300);
  const failed: unknown[] = [];
  for (const file of FILES) {
    const playback = new Playback(parseScenario(file, readFileSync(file, 'utf8')));
    await playback.begin();
    while (!playback.isOver) await playback.next();
    const wrong = playback.judgements.filter(({ ok }) => !ok);
    if (wrong.length > 0) failed.push({ file, wrong });
  }
  expect(failed).toEqual([]);
});
