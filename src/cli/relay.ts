import { startInspector } from '../http/inspector-alone.ts';
import { told } from './process.ts';

/**
 * Serves the inspector's page until it is told to stop.
 * @returns the exit code.
 * @throws CannotListen
 */
export async function runRelay({ port }: { port: number }): Promise<number> {
  const toldToStop = told('SIGTERM', 'SIGINT');
  const { url, stop } = await startInspector({ port });
  console.log(`Look at ${url}/inspector/`);
  console.log(`Programs tell it at ${url.replace('http', 'ws')}/inspector/app`);
  await toldToStop;
  await stop();
  return 0;
}
