import { type PageFigures, pageFigures } from '../browser/figures.ts';
import { ServiceProcess } from '../browser/service.ts';
import { type Figure, type Part, spread } from './figures.ts';

/** The inspector in a real browser, each round in one that begins anew. */
export async function pagePart({ quick }: { quick: boolean }): Promise<Part> {
  const found: PageFigures[] = [];
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const service = await ServiceProcess.start();
    try {
      found.push(await pageFigures(service.url));
    } finally {
      await service.stop();
    }
  }
  const [first] = found;
  if (!first) throw new Error('no round was measured');
  const { states, arrows } = first.unfolded;
  const figure = (name: string, unit: string, of: (round: PageFigures) => number): Figure => ({
    name,
    unit,
    value: spread(found.map(of)),
  });
  return {
    id: 'page',
    title: 'The page',
    about:
      `The inspector in headless Chromium without a graphics card. All unfolded is the parent with its eight children: ${states} states, ` +
      `${arrows} arrows. Events come over the relay, each with its snapshot; frames are counted with ${first.streamed.events} events in ` +
      'the list already. The browser, the service and the sender share the machine.',
    figures: [
      figure('from the address to the chart, drawn', 'ms', ({ opened }) => opened),
      figure('all unfolded at once: drawn', 'ms', ({ unfoldedAtOnce }) => unfoldedAtOnce.drawn),
      figure('all unfolded at once: its layout', 'ms', ({ unfoldedAtOnce }) => unfoldedAtOnce.layout),
      figure('all unfolded after a look: drawn', 'ms', ({ unfolded }) => unfolded.drawn),
      figure('all unfolded after a look: its layout', 'ms', ({ unfolded }) => unfolded.layout),
      figure(`${first.streamed.events} events at once: the longest task`, 'ms', ({ streamed }) => streamed.longestTask),
      figure('frames while nothing comes', '/s', ({ frames }) => frames.idle),
      {
        ...figure('frames while 1,000 events a second stream', '/s', ({ frames }) => frames.streaming),
        ratio: spread(found.map(({ frames }) => frames.streaming / frames.idle)),
      },
    ],
    goals: [],
  };
}
