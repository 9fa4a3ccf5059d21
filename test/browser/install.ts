import { needChromium } from './chromium.ts';

/** Before all tests: they need a browser. */
export default function setup(): void {
  needChromium();
}
