import { html } from 'hono/html';
import { formatRelative } from '../browser/relative-time.ts';
import type { Html } from '../html.ts';

/** A moment as people say it, with the exact one on demand. Both in epoch milliseconds. */
export function renderTime(at: number, now: number): Html {
  const exact = new Date(at).toISOString();
  return html`<time
    data-relative
    datetime="${exact}"
    title="${exact.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}"
    >${formatRelative(at, now)}</time
  >`;
}
