#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, Option } from 'commander';
import { endWith } from './errors.ts';
import { instant, minutes, percent, port, wholeFrom1 } from './options.ts';

/** Of every command that knows the paths. */
const PATHS = [
  '--paths <module>',
  'a JavaScript file that brings paths of your own: its default export is one, or a list',
] as const;

const profile = (does: string) => new Option('--profile <name>', does).choices(['source', 'strict']);

/** Each command is loaded when it is asked for. Exit codes: 0 all holds, 1 something does not, 2 a file or an argument is unusable. */
const program = new Command('regain')
  .description('Recovery workflows as statecharts whose timers survive a crash.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .showHelpAfterError('(regain --help)')
  .version(createRequire(import.meta.url)('regain/package.json').version);

program
  .command('serve')
  .description('run the service: the HTTP API over one SQLite file, or over a PostgreSQL database')
  .option('--config <file>', 'a YAML or JSON file; variables of the environment (REGAIN_PORT, …) go before it')
  .option('--store <store>', 'an SQLite file, or postgres://…; goes before the configuration')
  .option('--sandbox', 'with the outside world simulated and a clock that can be moved; never for real accounts')
  .option('--inspector', 'serve the inspector under /inspector, to this machine alone; a sandbox does so by itself')
  .option(...PATHS)
  .action(async (options) => {
    const { runService } = await import('./serve.ts');
    process.exit(await runService(options)); // connections to ports may be kept open
  });

program
  .command('inspect')
  .description('show a recovery with its timers, calls and audit trail, even while a service goes on with it')
  .argument('<id>', 'the id of a recovery')
  .option('--store <store>', 'an SQLite file, or postgres://…', 'regain.sqlite')
  .option('--json', 'print one JSON document')
  .action(async (id: string, options) => {
    const { inspectRecovery } = await import('./inspect.ts');
    process.exitCode = await inspectRecovery(id, options);
  });

program
  .command('relay')
  .description('serve the inspector alone, to this machine: your own XState programs show themselves in it')
  .option('--port <number>', 'where it listens, on 127.0.0.1', port, 8787)
  .action(async (options) => {
    const { runRelay } = await import('./relay.ts');
    process.exit(await runRelay(options)); // a browser may keep its connection
  });

program
  .command('backup')
  .description('copy a store while a service goes on using it')
  .argument('<file>', 'the SQLite file of a store')
  .argument('<copy>', 'where the copy goes; must not be there yet')
  .action(async (file: string, copy: string) => {
    const { backUp } = await import('./backup.ts');
    process.exitCode = await backUp(file, copy);
  });

program
  .command('run')
  .description('replay scenario files on a virtual clock and a real SQLite file')
  .argument('<files...>', 'YAML or JSON scenario files')
  .option('--json', 'print one JSON document a scenario')
  .option('--timeline', 'print the timeline of every scenario (the default for one file)')
  .addOption(profile('run scenarios that name no profile under this one'))
  .option('--policy <file>', 'a policy file, laid under what a scenario says itself')
  .option('--restarts', 'drop everything in memory between every two steps')
  .option(...PATHS)
  .action(async (files: string[], options) => {
    const { runFiles } = await import('./run.ts');
    process.exitCode = await runFiles(files, options);
  });

program
  .command('coverage')
  .description(
    'what scenarios, files of coverage or the audit trails of a store met of the charts, and what they did not',
  )
  .argument('[files...]', 'scenario files, and files that --json wrote')
  .option('--store <store>', 'an SQLite file, or postgres://…: which transitions did nobody ever take?')
  .option('--json <file>', 'write what was counted, to be read again')
  .option('--html <file>', 'write the charts, what was met and what was not in colour')
  .option('--cobertura <file>', 'write Cobertura XML, for CI tools')
  .option('--threshold <percent>', 'exit 1 when states, events, transitions or guards of a machine are below', percent)
  .option('--all', 'list configurations and pairs that were not met, too')
  .option('--no-list', 'print the table alone')
  .option(...PATHS)
  .action(async (files: string[], options) => {
    const { showCoverage } = await import('./coverage.ts');
    process.exitCode = await showCoverage(files, options);
  });

program
  .command('paths')
  .description('which paths an account may use, and why not the others')
  .argument('<file>', 'facts of an account, YAML or JSON; missing fields take a sandbox default')
  .option('--json', 'print JSON')
  .option('--at <instant>', 'date and time with an offset, such as 2026-03-02T10:00:00+08:00; now by default', instant)
  .addOption(new Option('--risk <level>', 'what the assessment says').choices(['low', 'medium', 'high']).default('low'))
  .option('--policy <file>', 'a policy file')
  .option(...PATHS)
  .action(async (file: string, options) => {
    const { showPaths } = await import('./paths.ts');
    process.exitCode = await showPaths(file, options);
  });

program
  .command('policy')
  .description('print every figure with its section of the spec, or check a policy file')
  .addOption(new Option('--check <file>', 'check a policy file, which names its profile itself').conflicts('profile'))
  .addOption(profile('print the figures of this profile').default('source'))
  .action(async (options) => {
    const { showPolicy } = await import('./policy.ts');
    process.exitCode = await showPolicy(options);
  });

program
  .command('mutate')
  .description('change the charts one thing at a time: do the scenarios notice?')
  .option('--machine <names...>', 'ids of paths, or recovery; all by default')
  .option('--scenarios <files...>', 'scenario files, or folders of them', ['test/scenarios'])
  .option('--checks <module>', 'a module that gives more checks of a machine, for the mutants that no scenario notices')
  .option('--max-minutes <number>', 'when to stop; what was judged by then is a sample', minutes, 20)
  .option('--equivalents <file>', 'ids of mutants that change nothing, each with the reason, YAML or JSON')
  .option('--threshold <percent>', 'the least score of every machine', percent, 95)
  .option('--processes <number>', 'how many work at once', wholeFrom1, 2)
  .option('--json <file>', 'where the reports are written as JSON')
  .option(...PATHS)
  .action(async (options) => {
    const { runMutants } = await import('./mutate.ts');
    process.exitCode = await runMutants(options);
  });

const audit = program
  .command('audit')
  .description('check the audit trails of a store, also while a service has it open');

audit
  .command('verify')
  .description('find entries that were changed, taken out, put in or moved')
  .argument('<store>', 'an SQLite file, or postgres://…')
  .option('--against <checkpoint>', 'find what was cut off, removed or computed anew since that checkpoint, too')
  .action(async (file: string, options) => {
    const { verifyAudit } = await import('./audit.ts');
    process.exitCode = await verifyAudit(file, options);
  });

audit
  .command('checkpoint')
  .description('print the heads of all trails as JSON, to be kept elsewhere')
  .argument('<store>', 'an SQLite file, or postgres://…')
  .action(async (file: string) => {
    const { printCheckpoint } = await import('./audit.ts');
    process.exitCode = await printCheckpoint(file);
  });

program
  .command('demo')
  .description('walk the eight recoveries through, with restarts in between')
  .action(async () => {
    const { demo } = await import('./demo.ts');
    process.exitCode = await demo();
  });

await program.parseAsync().catch(endWith);
