import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { Lamp } from './lamp.ts';

/** What was measured in a real browser; times in ms. */
export interface PageFigures {
  /** From the address to the parent's chart, drawn. */
  opened: number;
  /** A click as soon as that is drawn: all children unfold. */
  unfoldedAtOnce: UnfoldFigures;
  /** The same a few seconds later, as a reader would. */
  unfolded: UnfoldFigures;
  /** While events streamed in: the longest task, the longest that the page was asked in vain, rows in the document after it. */
  streamed: { events: number; took: number; longestTask: number; longestWait: number; rows: number };
  /** Frames a second after that: while nothing comes, and while so many events come in a second. */
  frames: { idle: number; streaming: number; events: number };
}

export interface UnfoldFigures {
  /** From the click to the parent with all its children, drawn. */
  drawn: number;
  /** That part of it which the layout took. */
  layout: number;
  states: number;
  arrows: number;
}

const A_LOOK = 3_000;
const EVENTS = 10_000;
const PROBE = 20; // ms
const EVENTS_A_SECOND = 1_000;
const FRAMES_FOR = 5_000; // ms

/** @param url of a sandbox that no program has told anything yet: `http://127.0.0.1:8787`. */
export async function pageFigures(url: string): Promise<PageFigures> {
  const browser = await launchChromium();
  try {
    const first = await openChart(browser, url);
    const unfoldedAtOnce = await unfoldAll(first.page);
    await first.page.close();
    const second = await openChart(browser, url);
    await second.page.waitForTimeout(A_LOOK);
    const unfolded = await unfoldAll(second.page);
    await second.page.close();
    const { page, opened } = await openChart(browser, url);
    const lamp = await Lamp.at(`${url.replace('http', 'ws')}/inspector/app`);
    const streamed = await stream(page, lamp);
    const frames = await framesOf(page, lamp);
    lamp.close();
    return { opened, unfoldedAtOnce, unfolded, streamed, frames };
  } finally {
    await browser.close();
  }
}

async function openChart(browser: Browser, url: string): Promise<{ page: Page; opened: number }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en' });
  const start = performance.now();
  await page.goto(`${url}/inspector/`);
  await page.locator('.chart[aria-busy="false"] .react-flow__node').first().waitFor();
  return { page, opened: performance.now() - start };
}

/** Runs in the page: presses the button, and waits until no more states come. */
const UNFOLD = `new Promise((done) => {
  const count = (what) => document.querySelectorAll(what).length;
  const [folded, start] = [count('.react-flow__node'), performance.now()];
  let [states, at] = [folded, start];
  [...document.querySelectorAll('.chart-toolbar button')].find((each) => each.textContent === 'Unfold all').click();
  const look = () => {
    const [now, time] = [count('.react-flow__node'), performance.now()];
    if (now !== states) [states, at] = [now, time];
    if (states === folded || time - at < 1000) return requestAnimationFrame(look);
    const layout = performance.getEntriesByName('layout of a chart').at(-1).duration;
    done({ drawn: at - start, layout, states, arrows: count('.react-flow__edge') });
  };
  requestAnimationFrame(look);
})`;

const unfoldAll = (page: Page): Promise<UnfoldFigures> => page.evaluate(UNFOLD);

/** Runs in the page: notes the longest task, and how late a timer came that should come every few ms. */
const WATCH = `
  var longest = { task: 0, wait: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest.task = Math.max(longest.task, duration);
  }).observe({ type: 'longtask' });
  var last = performance.now();
  setInterval(() => {
    longest.wait = Math.max(longest.wait, performance.now() - last - ${PROBE});
    last = performance.now();
  }, ${PROBE});
`;

async function stream(page: Page, lamp: Lamp): Promise<PageFigures['streamed']> {
  await page.evaluate(WATCH);
  const start = performance.now();
  lamp.tap(EVENTS);
  await page.getByText(`${EVENTS + 1} of ${EVENTS + 1}`).waitFor({ timeout: 120_000 });
  const took = performance.now() - start;
  const longest = await page.evaluate<{ task: number; wait: number }>('longest');
  const rows = await page.locator('.row').count();
  return { events: EVENTS, took, longestTask: longest.task, longestWait: longest.wait, rows };
}

/** Runs in the page: how many frames it draws in a second. */
const COUNT_FRAMES = `new Promise((done) => {
  const start = performance.now();
  let frames = 0;
  const next = () => {
    frames += 1;
    const took = performance.now() - start;
    if (took < ${FRAMES_FOR}) requestAnimationFrame(next);
    else done((frames / took) * 1000);
  };
  requestAnimationFrame(next);
})`;

async function framesOf(page: Page, lamp: Lamp): Promise<PageFigures['frames']> {
  const idle = await page.evaluate<number>(COUNT_FRAMES);
  const start = performance.now();
  let told = 0;
  const telling = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1_000) * EVENTS_A_SECOND) - told;
    lamp.tap(due);
    told += due;
  }, PROBE);
  const streaming = await page.evaluate<number>(COUNT_FRAMES);
  clearInterval(telling);
  return { idle, streaming, events: (told / (performance.now() - start)) * 1_000 };
}
