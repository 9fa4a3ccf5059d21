import { loadConfig } from '../http/config.ts';
import { loggerOf, startService } from '../http/service.ts';
import { told } from './process.ts';

export interface ServeFlags {
  config?: string;
  sandbox?: boolean;
  inspector?: boolean;
  paths?: string;
  store?: string;
}

/**
 * Runs the service until it is told to stop.
 * @returns the exit code: 0 after a graceful stop.
 * @throws ConfigError, and what `startService` does.
 */
export async function runService({ config: file, sandbox, inspector, paths, store }: ServeFlags): Promise<number> {
  const env = inspector ? { ...process.env, REGAIN_INSPECTOR_ON: 'true' } : process.env;
  const config = await loadConfig(env, file, {
    ...(sandbox ? { mode: 'sandbox' } : {}),
    ...(paths === undefined ? {} : { paths }),
    ...(store === undefined ? {} : { store }),
  });
  process.stdout.on('error', () => {}); // nobody reads the log any more
  const log = loggerOf(config);
  const toldToStop = told('SIGTERM', 'SIGINT'); // also while it starts
  const service = await startService(config, log);
  if (process.stderr.isTTY && config.mode === 'sandbox') {
    console.error(`A sandbox: nothing here is real. Recoveries to look at: ${service.url}/inspector/`);
    console.error(`The API, to read and to try: ${service.url}/docs`);
  }
  await toldToStop;
  await service.stop();
  return 0;
}
