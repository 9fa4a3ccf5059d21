import { type PageFigures, pageFigures, type UnfoldFigures } from './figures.ts';
import { ServiceProcess } from './service.ts';

/** `npm run figures`: how long the page takes, three times over in a browser that begins anew. */
const TIMES = 3;

const ms = (value: number) => `${Math.round(value)} ms`;
const told = ({ states, arrows, drawn, layout }: UnfoldFigures) =>
  `${states} states, ${arrows} arrows, in ${ms(drawn)}, of which layout ${ms(layout)}`;

function print({ opened, unfoldedAtOnce, unfolded, streamed, frames }: PageFigures): void {
  const { events, took, longestTask, longestWait, rows } = streamed;
  console.log(`the page with the parent's chart is drawn in ${ms(opened)}`);
  console.log(`all unfolded at once: ${told(unfoldedAtOnce)}`);
  console.log(`all unfolded after a look: ${told(unfolded)}`);
  console.log(
    `${events} events in ${ms(took)}: longest task ${ms(longestTask)}, longest without an answer ${ms(longestWait)},`,
  );
  console.log(`  ${rows} rows drawn`);
  const { idle, streaming, events: rate } = frames;
  console.log(
    `${Math.round(idle)} frames a second, and ${Math.round(streaming)} while ${Math.round(rate)} events come in each`,
  );
}

for (let time = 0; time < TIMES; time++) {
  const service = await ServiceProcess.start();
  try {
    print(await pageFigures(service.url));
  } finally {
    await service.stop();
  }
}
