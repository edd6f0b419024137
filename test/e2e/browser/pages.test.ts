import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBarriers, findLooseText, sidewaysPx } from '../../support/accessibility.ts';
import { createBuildGate } from '../../support/build-gate.ts';
import { launchChromium, skipsBrowserTests } from '../../support/chromium.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { findStumbles } from '../../support/keyboard.ts';
import { type Offshoot, startOffshoot } from '../../support/offshoot.ts';
import { keepScreenshot } from '../../support/screenshots.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { openWatchedContext, type WatchedContext } from '../../support/watched-browser.ts';
import { BUILD_GATE, bringAbout, type States } from './all-states.ts';

const TIMEOUT_MS = 60_000;
/** Until there are deployments in every state. */
const START_MS = 180_000;

let git: GitServer;
let receiver: WebhookReceiver;
let offshoot: Offshoot;
let browser: Browser;
let watched: WatchedContext;
let page: Page;
let states: States;
const gate = createBuildGate();

/** One page in one state. */
interface View {
  readonly name: string;
  readonly path: (states: States) => string;
  /** What somebody does there first. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Other than 200; the browser then says so on its console, which is no fault of the page. */
  readonly status?: number;
  /** Not tabbed through: it has hundreds of links in its text, and nothing else to come to. */
  readonly isReference?: boolean;
}

const submit = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const refused = 422;

const PROJECTS: View[] = [
  { name: 'all projects', path: () => '/' },
  { name: 'a search for projects', path: () => '/?q=garden' },
  { name: 'a search that finds nothing', path: () => '/?q=%3Cimg%20src%3Dx%20onerror%3Dran%3D1%3E' },
  { name: 'projects after a deletion', path: () => '/?deleted=old-site' },
  { name: 'a new project', path: () => '/new' },
  {
    name: 'a new project with its build settings open',
    path: () => '/new',
    act: (page) => page.getByText('Build settings').click(),
  },
  {
    name: 'a new project that is refused',
    path: () => '/new',
    status: refused,
    act: async (page) => {
      await page.getByLabel('Git URL').fill('https://<img src=x onerror=ran=1>');
      await submit(page, 'Create and deploy');
      await page.getByRole('alert').waitFor();
    },
  },
];

const PROJECT: View[] = [
  { name: 'a project', path: ({ calm }) => `/projects/${calm}` },
  { name: 'a project without deployments', path: ({ empty }) => `/projects/${empty}` },
  { name: 'a project of a stranger', path: ({ hostile }) => `/projects/${hostile}` },
  { name: 'a project that builds', path: ({ busy }) => `/projects/${busy}` },
  {
    name: 'a project that is asked for a branch it has not',
    path: ({ calm }) => `/projects/${calm}`,
    status: refused,
    act: async (page) => {
      await page.getByLabel('Branch, tag or commit').fill('<img/src=x/onerror=ran=1>');
      await submit(page, 'Deploy');
      await page.getByText('Latest deployments').waitFor();
    },
  },
  { name: 'deployments of a project', path: ({ calm }) => `/projects/${calm}/deployments` },
  { name: 'deployments of a stranger', path: ({ hostile }) => `/projects/${hostile}/deployments` },
  { name: 'deployments that do not fit', path: ({ calm }) => `/projects/${calm}/deployments?status=blocked` },
  { name: 'no deployments', path: ({ empty }) => `/projects/${empty}/deployments` },
  { name: 'settings', path: ({ calm }) => `/projects/${calm}/settings` },
  { name: 'settings of a stranger', path: ({ hostile }) => `/projects/${hostile}/settings` },
  {
    name: 'settings that are refused',
    path: ({ calm }) => `/projects/${calm}/settings`,
    status: refused,
    act: async (page) => {
      await page.getByLabel('Days after a branch is gone').fill('many');
      await submit(page, 'Save');
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'a deletion', path: ({ hostile }) => `/projects/${hostile}/delete` },
  {
    name: 'a deletion with another name',
    path: ({ calm }) => `/projects/${calm}/delete`,
    status: refused,
    act: async (page) => {
      await page.getByLabel('Its name').fill('Another');
      await submit(page, 'Delete this project');
      await page.getByText('Nothing was deleted.').waitFor();
    },
  },
];

const deployment =
  (state: keyof States['deployments'], rest = '') =>
  ({ deployments }: States) =>
    `/deployments/${deployments[state]}${rest}`;
const seesLog = (page: Page) => page.getByRole('log').waitFor();
const asks = (button: string) => async (page: Page) => {
  await seesLog(page);
  await submit(page, button);
  await page.getByRole('dialog').waitFor();
};

const DEPLOYMENT: View[] = [
  { name: 'a deployment that is live', path: deployment('ready'), act: seesLog },
  { name: 'a deployment that was live', path: deployment('older'), act: seesLog },
  { name: 'a deployment that failed', path: deployment('failed'), act: seesLog },
  { name: 'a deployment of a stranger', path: deployment('hostile'), act: seesLog },
  {
    name: 'a deployment of a stranger that failed',
    path: deployment('refused'),
    // In the middle of a sentence of ours: there the letters that turn are named.
    act: (page) => page.getByRole('region', { name: 'State' }).getByText('⟨U+202E⟩gnp.exe').waitFor(),
  },
  { name: 'a deployment that builds', path: deployment('building'), act: seesLog },
  { name: 'a deployment that waits', path: deployment('queued') },
  { name: 'a deployment that was superseded', path: deployment('superseded') },
  { name: 'a deployment that was canceled', path: deployment('canceled') },
  { name: 'a question about a rollback', path: deployment('older'), act: asks('Roll back to this') },
  {
    name: 'a question about a rollback to a stranger',
    path: deployment('hostileOlder'),
    act: asks('Roll back to this'),
  },
  { name: 'a question about a redeployment', path: deployment('hostile'), act: asks('Redeploy') },
  { name: 'a question about a cancellation', path: deployment('building'), act: asks('Cancel') },
  {
    name: 'an action that came too late',
    path: deployment('older', '?notice=moved-meanwhile'),
    act: seesLog,
  },
  { name: 'files', path: deployment('ready', '/files') },
  { name: 'files of a stranger', path: deployment('hostile', '/files') },
  { name: 'files that do not fit', path: deployment('ready', '/files?q=%3Cimg+src%3Dx%3E') },
  { name: 'changes of files', path: deployment('ready', '/files?show=changes') },
  { name: 'changes of a stranger', path: deployment('hostile', '/files?show=changes') },
  { name: 'files of a deployment that has none', path: deployment('failed', '/files') },
  { name: 'a log', path: deployment('failed', '/log'), act: seesLog },
  { name: 'a log of a stranger', path: deployment('hostile', '/log'), act: seesLog },
  { name: 'a log that grows', path: deployment('building', '/log'), act: seesLog },
];

const opensForms = async (page: Page) => {
  await page.getByText('New deploy hook').click();
  await page.getByText('New webhook').click();
  await page.getByRole('button', { name: 'Make deploy hook' }).waitFor();
  await page.getByRole('button', { name: 'Add webhook' }).waitFor();
};

const NOTIFICATIONS: View[] = [
  { name: 'no notifications', path: ({ empty }) => `/projects/${empty}/notifications` },
  {
    name: 'notifications of a stranger',
    path: ({ hostile }) => `/projects/${hostile}/notifications`,
    act: opensForms,
  },
  {
    name: 'a deploy hook that was just made',
    path: ({ empty }) => `/projects/${empty}/notifications`,
    act: async (page) => {
      await page.getByLabel('Name').fill('Content');
      await submit(page, 'Make deploy hook');
      await page.getByText('this once').waitFor();
    },
  },
  {
    name: 'a webhook that is refused',
    path: ({ empty }) => `/projects/${empty}/notifications`,
    status: refused,
    act: async (page) => {
      await page.getByRole('textbox', { name: 'URL' }).fill('https://user:<img>@example.com/');
      await submit(page, 'Add webhook');
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'a webhook and what it was told',
    path: ({ hostile, webhook }) => `/projects/${hostile}/notifications/webhooks/${webhook}`,
    act: async (page) => {
      for (const delivery of await page.locator('summary').all()) await delivery.click();
      await page.getByText('It answered 410').first().waitFor();
    },
  },
];

const ENVIRONMENT: View[] = [
  { name: 'no environment variables', path: ({ empty }) => `/projects/${empty}/environment` },
  {
    name: 'environment variables of a stranger',
    path: ({ hostile }) => `/projects/${hostile}/environment`,
    act: async (page) => {
      await page.getByText('Add a variable').click();
      await page.getByText('Paste a .env file').click();
      await page.getByRole('button', { name: 'Keep variables' }).waitFor();
    },
  },
  {
    name: 'a variable that is about to be replaced',
    path: ({ hostile }) => `/projects/${hostile}/environment`,
    act: async (page) => {
      await page
        .getByRole('link', { name: /^Replace/ })
        .first()
        .click();
      await page.getByText('Replace a value').waitFor();
    },
  },
  {
    name: 'a question about a variable',
    path: ({ hostile }) => `/projects/${hostile}/environment`,
    act: async (page) => {
      await page
        .getByRole('button', { name: /^Delete/ })
        .first()
        .click();
      await page.getByText('Delete this variable?').first().waitFor();
    },
  },
  {
    name: 'a variable that is refused',
    path: ({ empty }) => `/projects/${empty}/environment`,
    status: refused,
    act: async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('<img src=x onerror=ran=1>');
      await page.getByRole('textbox', { name: 'Value' }).fill('</textarea><img src=x onerror=ran=1>');
      await submit(page, 'Keep variable');
      await page.getByRole('alert').waitFor();
    },
  },
];

const OTHERS: View[] = [
  { name: 'connecting to GitHub', path: () => '/setup' },
  { name: 'no webhooks of GitHub', path: () => '/github/deliveries' },
  { name: 'webhooks of GitHub that do not fit', path: () => '/github/deliveries?outcome=deferred' },
  { name: 'the reference of the API', path: () => '/api', isReference: true },
  { name: 'a page that is not there', path: () => '/nowhere/%3Cimg%20src=x%20onerror=ran=1%3E', status: 404 },
  { name: 'a project that is not there', path: () => '/projects/nothing', status: 404 },
  { name: 'the login page', path: () => '/login' },
  {
    name: 'a wrong token',
    path: () => '/login',
    status: 403,
    act: async (page) => {
      await page.getByLabel('Administrator’s token').fill('<img src=x onerror=ran=1>');
      await submit(page, 'Sign in');
      await page.getByRole('alert').waitFor();
    },
  },
];

/** In this order, so that each step changes one thing: somebody turns the lights off, then opens a larger window. */
const LOOKS = [
  { name: '360 light', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { name: '360 dark', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  { name: '1440 dark', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { name: '1440 light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
] as const;

async function signIn(): Promise<void> {
  const { url } = (await offshoot.call<{ url: string }>('POST', '/api/login-links')).body;
  const tab = await watched.context.newPage();
  await tab.goto(url);
  await tab.close();
}

/** Everything that is wrong with the page, however it is looked at. */
async function findFaults({ name, isReference = false }: View): Promise<string[]> {
  const faults: string[] = [];
  for (const { name: look, viewport, colorScheme } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const sideways = await sidewaysPx(page);
    if (sideways > 0) faults.push(`${look}: it can be pushed ${sideways} px sideways`);
    faults.push(...(await findBarriers(page)).map((barrier) => `${look}: ${barrier}`));
    await keepScreenshot(page, `page ${name} ${look}`);
  }
  faults.push(...(await findLooseText(page)));
  if (await page.getByRole('button', { name: /^Follow/ }).isVisible())
    faults.push('its log is not followed any more, though nobody has scrolled');
  if ((await page.evaluate('globalThis.ran')) !== undefined)
    faults.push('text of a stranger ran as a script');
  await page.setViewportSize(LOOKS[0].viewport);
  return isReference ? faults : [...faults, ...(await findStumbles(page))];
}

/** What a browser writes down by itself of a page that is an answer to a mistake. */
function isSaidOf(status: number, fault: string): boolean {
  return fault.includes(`the server responded with a status of ${status} `);
}

async function expectFaultless(view: View): Promise<void> {
  const { path, act, status = 200 } = view;
  watched.takeFaults();
  await page.setViewportSize(LOOKS[0].viewport);
  await page.emulateMedia({ colorScheme: LOOKS[0].colorScheme });
  await page.goto(new URL(path(states), `http://localhost:${offshoot.appPort}`).href);
  await act?.(page);
  const faults = await findFaults(view);
  faults.push(...watched.takeFaults().filter((fault) => status === 200 || !isSaidOf(status, fault)));
  expect(faults.join('\n')).toBe('');
}

describe.skipIf(skipsBrowserTests())(
  'in four looks, with a keyboard, and whatever strangers write,',
  { timeout: TIMEOUT_MS },
  () => {
    beforeAll(async () => {
      [git, receiver] = await Promise.all([
        startGitServer({ intercept: gate.intercept }),
        startWebhookReceiver(),
      ]);
      const environment = { OFFSHOOT_MAX_BUILDS: '1', OFFSHOOT_ALLOW_PRIVATE_WEBHOOKS: 'true' };
      [offshoot, browser] = await Promise.all([startOffshoot({ environment }), launchChromium()]);
      // Scrolling that takes its time would leave the focus out of view for as long.
      watched = await openWatchedContext(browser, { reducedMotion: 'reduce' });
      await signIn();
    }, START_MS);
    afterAll(async () => {
      gate.open(BUILD_GATE);
      await browser?.close();
      await offshoot?.dispose();
      await git?.close();
      await receiver?.close();
    }, START_MS);
    // A tab each: one that hangs, or is left in the middle of something, is no other test's trouble.
    beforeEach(async () => {
      page = await watched.context.newPage();
    });
    afterEach(() => page.close());

    test('the first page of an empty Offshoot is without fault', async () => {
      await expectFaultless({ name: 'an empty Offshoot', path: () => '/' });
    });

    describe('without fault is', () => {
      beforeAll(async () => {
        states = await bringAbout({ offshoot, git, gate, receiver });
      }, START_MS);
      test.each([...PROJECTS, ...PROJECT, ...DEPLOYMENT, ...NOTIFICATIONS, ...ENVIRONMENT, ...OTHERS])(
        '$name',
        expectFaultless,
      );
    });
  },
);
