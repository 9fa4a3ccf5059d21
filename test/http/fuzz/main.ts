import { optionsOf } from '../../options.ts';
import { type FuzzReport, fuzz } from './fuzz.ts';

const MIB = 2 ** 20;
const { requests, seed } = optionsOf({
  name: 'fuzz',
  does: 'Sends the service requests made from its OpenAPI document, valid, nearly valid and garbage, and judges each answer.',
  wholes: { requests: 50_000, seed: 1 + (Date.now() % 1e9) },
});

function show(about: string, report: FuzzReport): void {
  console.log(`\n${about}: ${report.requests} requests, at most ${Math.round(report.memory / MIB)} MiB`);
  for (const [name, count] of Object.entries(report.counts).sort())
    console.log(`${String(count).padStart(8)}  ${name}`);
  for (const finding of report.findings) console.log(`FOUND: ${finding}`);
}

console.log(`seed ${seed}: the same with --seed ${seed} --requests ${requests}`);
const free = await fuzz({ requests, seed });
show('without limits', free);
const limited = await fuzz({ requests: Math.ceil(requests / 10), seed, limited: true });
show('with limits that are reached', limited);
const found = free.findings.length + limited.findings.length;
console.log(`\n${free.requests + limited.requests} requests, ${found} findings`);
process.exitCode = found === 0 ? 0 : 1;
