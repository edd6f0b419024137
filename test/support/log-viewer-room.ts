import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { LogLine } from '../../contracts/log-line.ts';
import { launchChromium } from './chromium.ts';
import { createTestClickHouse } from './clickhouse.ts';
import { insertAttempt, type LogApp } from './log-app.ts';
import { startLogPages } from './log-pages.ts';
import { createTestDatabase } from './postgres.ts';
import { startTcpProxy, type TcpProxy, throughProxy } from './tcp-proxy.ts';
import { openWatchedContext } from './watched-browser.ts';

const BATCH_LINES = 10_000;

/** The viewer's pages and the log endpoints on real servers, and a browser that looks at them. */
export interface LogViewerRoom {
  readonly app: LogApp;
  /** Between the browser and the app. */
  readonly network: TcpProxy;
  /** Between the app and ClickHouse. */
  readonly storeNetwork: TcpProxy;
  /** A deployment that has ended, with these lines of each of its attempts; its id. */
  insertFinished(status: 'ready' | 'failed', ...attempts: (readonly LogLine[])[]): Promise<string>;
  open(deploymentId: string, options?: OpenOptions): Promise<OpenedLog>;
  close(): Promise<void>;
}

export interface OpenOptions extends BrowserContextOptions {
  readonly hash?: string;
  /** Runs in the page before its own scripts. */
  readonly before?: string;
  /** The page's scripts do not load. (Without JavaScript in the browser, axe could not look either.) */
  readonly isWithoutScripts?: boolean;
}

export interface OpenedLog {
  readonly page: Page;
  readonly takeFaults: () => string[];
  /** What can be seen now: `number text` of each row, and the heads of phases. */
  seen(): Promise<string[]>;
  /** How many elements stand for lines in the document. */
  countRows(): Promise<number>;
  /** Resolves when the words about the log's state have come to these. */
  state(words: string): Promise<void>;
  close(): Promise<void>;
}

/** Rows under the head that stays on top, top to bottom. */
const SEEN = `(() => {
  const view = document.querySelector('.log-scroll').getBoundingClientRect();
  return [...document.querySelectorAll('.log-holder > .log-row')].flatMap((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    if (top < view.top - 1 || bottom > view.bottom + 1) return [];
    const parts = [...row.querySelectorAll('.log-no, .log-at, .log-text, b, .log-facts')];
    return [parts.map((part) => part.textContent).join(' ')];
  });
})()`;

export async function openLogViewerRoom(): Promise<LogViewerRoom> {
  const [postgres, clickHouse] = await Promise.all([createTestDatabase(), createTestClickHouse()]);
  const storeNetwork = await startTcpProxy(Number(new URL(clickHouse.url).port));
  const clickHouseUrl = throughProxy(clickHouse.url, storeNetwork);
  const app = await startLogPages({ databaseUrl: postgres.url, clickHouseUrl });
  const network = await startTcpProxy(Number(new URL(app.url).port));
  const browser = await launchChromium();
  return {
    app,
    network,
    storeNetwork,
    async insertFinished(status, ...attempts) {
      const id = await app.insertDeployment();
      for (const [index, lines] of attempts.entries()) {
        if (index > 0) await insertAttempt(app.database, id, index + 1, null);
        for (let start = 0; start < lines.length; start += BATCH_LINES) {
          const batch = lines.slice(start, start + BATCH_LINES);
          await app.store.append({ deploymentId: id, attempt: index + 1 }, batch);
        }
      }
      await app.end(id, { status }, attempts.length > 1 ? null : (attempts[0]?.length ?? 0));
      return id;
    },
    open: (id, options) =>
      openLog(browser, throughProxy(`${app.url}/deployments/${id}/log`, network), options),
    async close() {
      await browser.close();
      await network.close();
      await app.close();
      await storeNetwork.close();
      await Promise.all([postgres.drop(), clickHouse.drop()]);
    },
  };
}

async function openLog(
  browser: Browser,
  url: string,
  { hash = '', before, isWithoutScripts = false, ...options }: OpenOptions = {},
): Promise<OpenedLog> {
  const { context, takeFaults } = await openWatchedContext(browser, {
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  if (before !== undefined) await context.addInitScript(before);
  if (isWithoutScripts) await context.route('**/*.ts', (route) => route.abort());
  const page = await context.newPage();
  await page.goto(url + hash);
  return {
    page,
    takeFaults,
    seen: () => page.evaluate<string[]>(SEEN),
    countRows: () => page.locator('.log-row').count(),
    state: (words) => page.locator('[data-log-part="state"]').getByText(words).waitFor(),
    close: () => context.close(),
  };
}
