import type { Presence } from './source.ts';

/** A look at another tab ends nothing. */
const GRACE_MS = 5000;

/**
 * Browsers open six connections to a host over HTTP/1.1, for all of their tabs together: a log in the background must
 * not hold one. It goes on where it was.
 */
export function createPresence(page: Document): Presence {
  let absence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void)[] = [];
  // Opened in the background, and not looked at yet.
  if (page.hidden) absence.abort();
  page.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (page.hidden) {
      timer = setTimeout(() => absence.abort(), GRACE_MS);
    } else if (absence.signal.aborted) {
      absence = new AbortController();
      for (const resolve of waiting) resolve();
      waiting = [];
    }
  });
  return {
    unseen: () => absence.signal,
    whenSeen: () =>
      absence.signal.aborted ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(),
  };
}
