const RETRY_MS = 2000;

/**
 * Keeps a page up to date: the server says when what the page shows has changed (`data-live` is where to ask), then
 * the page is fetched again and its regions (`data-region`) that differ are exchanged. What a person is typing in,
 * and what they have opened, stays.
 */
export function followPage(page: Document): void {
  const url = page.body.dataset['live'];
  if (url === undefined) return;
  const events = new EventSource(url);
  let fetching = false;
  let isStale = false;
  const update = async (): Promise<void> => {
    isStale = true;
    if (fetching) return;
    fetching = true;
    while (isStale) {
      isStale = false;
      await refresh(page).catch(() => pause(RETRY_MS).then(() => (isStale = true)));
    }
    fetching = false;
  };
  events.addEventListener('changed', () => void update());
  // A tab that comes back from a sleep must not wait for the next change.
  page.defaultView?.addEventListener('pageshow', (event) => {
    if (event.persisted) void update();
  });
}

async function refresh(page: Document): Promise<void> {
  const answer = await fetch(page.location.href, { headers: { accept: 'text/html' } });
  // Signed out, or gone: what the server says now is the page.
  if (answer.redirected || answer.status === 404) return page.location.reload();
  if (!answer.ok) throw new Error(`${page.location.pathname} answered ${answer.status}`);
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  page.title = next.title;
  exchangeIcon(page, next);
  for (const region of page.querySelectorAll<HTMLElement>('[data-region]')) {
    const name = region.dataset['region'] ?? '';
    const newer = next.querySelector<HTMLElement>(`[data-region="${CSS.escape(name)}"]`);
    if (newer !== null) exchange(page, region, newer);
  }
}

function exchangeIcon(page: Document, next: Document): void {
  const [icon, newer] = [page, next].map((one) => one.querySelector<HTMLLinkElement>('link[rel="icon"]'));
  if (icon && newer && icon.getAttribute('href') !== newer.getAttribute('href')) icon.href = newer.href;
}

/** What the server sent last for each region: the page itself has moved on since (times, opened parts). */
const sent = new WeakMap<HTMLElement, string>();

function exchange(page: Document, region: HTMLElement, newer: HTMLElement): void {
  const html = newer.innerHTML;
  if ((sent.get(region) ?? region.innerHTML) === html || isInUse(page, region)) return;
  const focused = region.contains(page.activeElement) ? page.activeElement?.id : undefined;
  const open = new Set([...region.querySelectorAll('details[open]')].map(({ id }) => id));
  region.innerHTML = html;
  sent.set(region, html);
  for (const details of region.querySelectorAll<HTMLDetailsElement>('details')) {
    if (details.id !== '' && open.has(details.id)) details.open = true;
  }
  if (focused) page.getElementById(focused)?.focus({ preventScroll: true });
}

/** Somebody is typing, or about to confirm something. */
function isInUse(page: Document, region: HTMLElement): boolean {
  if (region.querySelector(':popover-open, dialog[open]') !== null) return true;
  const { activeElement } = page;
  const isField = activeElement?.matches('input, textarea, select') === true;
  return isField && region.contains(activeElement);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
