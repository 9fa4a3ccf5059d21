import { startInspector } from '../http/inspector-alone.ts';
import { isAddressInUse, told } from './process.ts';

/** Serves the inspector's page until it is told to stop. @returns the exit code: 0 after a stop, 2 when it cannot start. */
export async function runRelay({ port }: { port: string }): Promise<number> {
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) {
    console.error(`--port must be a number from 0 to 65535, not '${port}'`);
    return 2;
  }
  try {
    const toldToStop = told('SIGTERM', 'SIGINT');
    const { url, stop } = await startInspector({ port: number });
    console.log(`Look at ${url}/inspector/`);
    console.log(`Programs tell it at ${url.replace('http', 'ws')}/inspector/app`);
    await toldToStop;
    await stop();
    return 0;
  } catch (error) {
    console.error(isAddressInUse(error) ? (error as Error).message : error);
    return 2;
  }
}
