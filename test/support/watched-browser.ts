import type { Browser, BrowserContext, BrowserContextOptions, Request } from 'playwright-core';

/** A context of a browser that writes down whatever goes wrong in any of its pages. */
export interface WatchedContext {
  readonly context: BrowserContext;
  /** What went wrong since it was asked last: errors, warnings, requests that failed, breaches of the policy. */
  readonly takeFaults: () => string[];
}

/** A breach of the Content-Security-Policy, told to the console so that all is heard in one place. */
const TELL_BREACHES = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

/**
 * Leaving a page ends what it still listens to, and so does an icon that is exchanged before the last one came. That is
 * the browser's doing, and no fault of the page.
 */
const ENDED_BY_LEAVING = 'net::ERR_ABORTED';
const MAY_BE_LEFT = new Set(['eventsource', 'fetch', 'websocket']);
const ICON = /\/icon[^/]*\.svg$/;

export async function openWatchedContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedContext> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  let faults: string[] = [];
  const tell = (where: string, what: string) => faults.push(`${where}: ${what}`);
  await context.addInitScript(TELL_BREACHES);
  context.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    tell(message.location().url, `${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (error) => tell(error.page()?.url() ?? '', String(error.error())));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    if (!wasLeft(request, reason)) tell(request.url(), `the request failed: ${reason}`);
  });
  return {
    context,
    takeFaults() {
      const taken = faults;
      faults = [];
      return taken;
    },
  };
}

function wasLeft(request: Request, reason: string): boolean {
  return reason === ENDED_BY_LEAVING && (MAY_BE_LEFT.has(request.resourceType()) || ICON.test(request.url()));
}
