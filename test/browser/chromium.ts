import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Of a browser that neither needs a screen nor talks to anybody of itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of the browser: the one that `CHROMIUM_PATH` names, else the system's. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH, ...places].find((place) => place && isProgram(place));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs Debian's Chromium where there is no browser, and fonts for Chinese where it may. @throws Error where it cannot. */
export function needChromium(): string {
  const found = findChromium();
  if (found) return found;
  const asRoot = (...command: string[]) => {
    const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
    execFileSync(program, args, { stdio: 'ignore', timeout: 600_000 });
  };
  try {
    asRoot('apt-get', 'update');
    asRoot('apt-get', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-wqy-microhei');
  } catch (error) {
    throw new Error('no Chromium here, and none could be installed: set CHROMIUM_PATH', { cause: error });
  }
  const installed = findChromium();
  if (!installed) throw new Error('Chromium was installed, but is not to be found: set CHROMIUM_PATH');
  return installed;
}

/** A browser for tests. @throws Error where there is none. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: needChromium(), args: FLAGS });
