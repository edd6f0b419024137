import type { Connection } from './connection.ts';
import { onceAtATime } from './once-at-a-time.ts';

/** How often a page asks whether it has changed while it keeps no connection open: seen, and in the background. */
const ASK_MS = 1000;
const ASK_IN_BACKGROUND_MS = 20_000;
export const TIMEOUT_MS = 15_000;

export interface Ear {
  /** (Re)starts listening, in the way that fits the page as it is now. */
  listen(): void;
  /** Finds out at once whether the page has changed. */
  ask(): Promise<void>;
}

/**
 * Hears from the server that the page has changed; `update` is called then, and resolves when the page is up to date.
 * `data-live` of the body is where to listen, and holds the version that is shown.
 *
 * Browsers open six connections to a host over HTTP/1.1, for all of their tabs together, and whatever comes seventh,
 * a click even, waits. So a page holds one at most, and none in the background: hidden, it asks now and then, which
 * keeps title and icon in the row of tabs right. Where another script listens already (to the log of a build that
 * runs), the page asks too: `data-live-by="asking"`.
 */
export function createEar(page: Document, connection: Connection, update: () => Promise<void>): Ear {
  let events: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The server took no more listeners, or none of ours. */
  let isRefused = false;

  const ask = onceAtATime(async () => {
    const { live } = page.body.dataset;
    if (live === undefined) return;
    const version = await askVersion(live).catch(() => undefined);
    // Also when there was no answer: the page itself then says whether somebody has to sign in again.
    if (version !== versionOf(live)) await update();
    else connection.found();
  });

  const listen = (): void => {
    events?.close();
    events = undefined;
    clearTimeout(timer);
    const { live, liveBy } = page.body.dataset;
    if (live === undefined) return;
    if (!page.hidden && liveBy !== 'asking' && !isRefused) events = openEvents(live);
    else timer = setTimeout(() => void ask().then(askAgain), page.hidden ? ASK_IN_BACKGROUND_MS : ASK_MS);
  };

  const askAgain = (): void => {
    if (events === undefined) listen();
  };

  const openEvents = (url: string): EventSource => {
    const source = new EventSource(url);
    source.addEventListener('open', () => connection.found());
    source.addEventListener('changed', () => void update());
    source.addEventListener('error', () => {
      connection.lost();
      // Browsers connect again by themselves, but for an answer that is no stream of events.
      if (source.readyState !== EventSource.CLOSED || source !== events) return;
      isRefused = true;
      void update().then(listen);
    });
    return source;
  };

  const wake = (): void => {
    isRefused = false;
    listen();
    if (!page.hidden && events === undefined) void ask();
  };
  page.addEventListener('visibilitychange', wake);
  page.defaultView?.addEventListener('online', wake);
  page.defaultView?.addEventListener('pagehide', () => events?.close());
  page.defaultView?.addEventListener('pageshow', ({ persisted }) => (persisted ? wake() : undefined));
  return { listen, ask };
}

async function askVersion(live: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(live, { headers: { accept: 'application/json' }, signal });
  return answer.ok ? ((await answer.json()) as { version: string }).version : undefined;
}

function versionOf(live: string): string | null {
  return new URLSearchParams(live.split('?')[1]).get('version');
}
