import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const KNOWN = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser'].map(
  (name) => `/usr/bin/${name}`,
);

/** The browser to test with: the one that `CHROMIUM_PATH` names, else the system's; undefined when there is none. */
export const findChromium = (): string | undefined =>
  process.env.CHROMIUM_PATH ?? KNOWN.find((path) => existsSync(path));

/** Chromium, talking to nobody by itself. @throws Error when there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('there is no Chromium: install it (apt-get install chromium), or name one by CHROMIUM_PATH');
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}

/** Before the browser tests: Debian's Chromium is installed where there is none and it may be. */
export function setup(): void {
  if (findChromium() !== undefined || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const run = (...args: string[]) => execFileSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('update', '-qq');
  run('install', '-y', '-qq', 'chromium', 'fonts-noto-cjk');
}
