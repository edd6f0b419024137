/** `fetch` and a pause for a script that would keep a connection open, but only while somebody sees the page. */
export interface WhileSeen {
  readonly fetch: typeof fetch;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Requests wait until the page is seen, and are ended when it no longer is: the six connections that browsers open to
 * a host are for all of its tabs (see hear.ts). Whoever uses it goes on where the answer was cut off.
 */
export function whileSeen(page: Document): WhileSeen {
  return {
    async fetch(input, init) {
      await untilSeen(page);
      const hidden = new AbortController();
      const signals = init?.signal ? [hidden.signal, init.signal] : [hidden.signal];
      const signal = AbortSignal.any(signals);
      page.addEventListener('visibilitychange', () => hidden.abort(), { once: true, signal });
      return fetch(input, { ...init, signal });
    },
    async pause(ms) {
      await new Promise((resolve) => {
        setTimeout(resolve, ms);
      });
      await untilSeen(page);
    },
  };
}

function untilSeen(page: Document): Promise<void> {
  if (!page.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    page.addEventListener('visibilitychange', () => resolve(), { once: true });
  });
}
