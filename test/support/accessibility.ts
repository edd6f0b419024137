import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds wrong with a page as it looks now, by all of its rules; each a line or more. */
export async function findBarriers(page: Page): Promise<string[]> {
  if (await page.evaluate<boolean>(`typeof axe === 'undefined'`)) await page.evaluate(`${axe};0`);
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}) ${html}\n${failureSummary ?? ''}`),
  );
}

/** How far a page can be pushed sideways, in CSS pixels: nobody should have to. */
export async function sidewaysPx(page: Page): Promise<number> {
  return page.evaluate('document.scrollingElement.scrollWidth - innerWidth');
}

/** Letters that turn the direction of what follows them, until their block or something that isolates them ends. */
const LOOSE_TEXT = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const { parentElement } = text;
    if (!/[\\u202a-\\u202e\\u2066-\\u2069]/.test(text.data) || !parentElement.checkVisibility()) continue;
    const { display, unicodeBidi } = getComputedStyle(parentElement);
    const isAlone = parentElement.textContent.trim() === text.data.trim();
    if (isAlone && (display !== 'inline' || unicodeBidi.includes('isolate'))) continue;
    found.push('its letters turn what stands beside it: ' + parentElement.outerHTML.slice(0, 160));
  }
  return found;
})()`;

/** Text of strangers that changes the direction of the page's own. */
export async function findLooseText(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(LOOSE_TEXT);
}
