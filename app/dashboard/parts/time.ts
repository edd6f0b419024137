import { html } from 'hono/html';
import { formatRelative } from '../browser/relative-time.ts';
import type { Html } from '../html.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A moment as people say it, with the exact one on demand. Both in epoch milliseconds. */
export function renderTime(at: number, now: number): Html {
  const exact = new Date(at).toISOString();
  return html`<time data-relative datetime="${exact}" title="${sayExactly(exact)}"
    >${formatRelative(at, now)}</time
  >`;
}

/** How long something is still there, as the end of a sentence: "kept for 12 more days". */
export function renderTimeLeft(until: number, now: number): Html {
  const exact = new Date(until).toISOString();
  return html`<time datetime="${exact}" title="${sayExactly(exact)}">${formatTimeLeft(until - now)}</time>`;
}

function formatTimeLeft(leftMs: number): string {
  const days = Math.floor(leftMs / DAY_MS);
  if (days >= 1) return `for ${days} more ${days === 1 ? 'day' : 'days'}`;
  return leftMs > 0 ? 'for less than a day' : 'until the next clean-up';
}

function sayExactly(exact: string): string {
  return exact.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}
