import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** A name that a speaker sees has to be in the name by which he calls. Axe does not look for it by itself. */
const MORE = ['label-content-name-mismatch'];

/** Serious and critical findings of axe, as text. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // outside the page's own scripts, so that its policy need not allow it
  const rules = Object.fromEntries(MORE.map((id) => [id, { enabled: true }]));
  const { violations } = (await page.evaluate(`axe.run({ rules: ${JSON.stringify(rules)} })`)) as axe.AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, html, failureSummary }) => `${id} at ${target.join(' ')}, ${html}: ${failureSummary}`),
    );
}
