import { createConnection } from './connection.ts';
import { createEar, TIMEOUT_MS } from './hear.ts';
import { onceAtATime } from './once-at-a-time.ts';
import { createRegions } from './regions.ts';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** What other scripts send to the document when they learn first that it is out of date (the log has ended, say). */
export const STALE_EVENT = 'offshoot:stale';

/**
 * Keeps a page up to date: when the server says that what it shows has changed, the page is fetched again and its
 * regions that differ are exchanged.
 */
export function followPage(page: Document): void {
  if (page.body.dataset['live'] === undefined) return;
  const connection = createConnection(page);
  const regions = createRegions(page);
  const reload = (): void => regions.whenIdle(() => page.location.reload());
  let retry = (): void => {};

  const update = onceAtATime(async () => {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      const next = await fetchPage(page).catch(() => undefined);
      if (next !== undefined) {
        connection.found();
        // Signed out, moved or gone: what the server says now is the page.
        return next === 'other' ? reload() : show(next);
      }
      connection.lost();
      await new Promise<void>((resolve) => {
        retry = resolve;
        setTimeout(resolve, waitMs);
      });
    }
  });
  const ear = createEar(page, connection, update);

  const show = (next: Document): void => {
    page.title = next.title;
    exchangeIcon(page, next);
    const { liveBy } = page.body.dataset;
    copyAttributes(page.body, next.body);
    // Another Offshoot than the one that sent this page: its scripts and styles belong to the new one.
    if (styleOf(page) !== styleOf(next)) reload();
    else regions.show(next);
    if (page.body.dataset['liveBy'] !== liveBy) ear.listen();
  };

  page.addEventListener(STALE_EVENT, () => void ear.ask());
  page.addEventListener('visibilitychange', () => retry());
  page.defaultView?.addEventListener('online', () => retry());
  ear.listen();
}

/** The page as the server has it now; `other` when that is no longer this page, undefined while it can't be had. */
async function fetchPage(page: Document): Promise<Document | 'other' | undefined> {
  const { pathname, search } = page.location;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(pathname + search, { headers: { accept: 'text/html' }, signal });
  if (answer.redirected || (answer.status >= 400 && answer.status < 500)) return 'other';
  if (!answer.ok) return undefined;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return next.body.dataset['live'] === undefined ? 'other' : next;
}

function exchangeIcon(page: Document, next: Document): void {
  const [icon, newer] = [page, next].map((one) => one.querySelector<HTMLLinkElement>('link[rel="icon"]'));
  if (icon && newer && icon.getAttribute('href') !== newer.getAttribute('href')) icon.href = newer.href;
}

function copyAttributes(body: HTMLElement, newer: HTMLElement): void {
  for (const name of ['data-live', 'data-live-by']) {
    const value = newer.getAttribute(name);
    if (value === null) body.removeAttribute(name);
    else body.setAttribute(name, value);
  }
}

function styleOf(page: Document): string | null | undefined {
  return page.querySelector('link[rel="stylesheet"]')?.getAttribute('href');
}
