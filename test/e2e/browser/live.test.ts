import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BuildGate, createBuildGate } from '../../support/build-gate.ts';
import { launchChromium, skipsBrowserTests } from '../../support/chromium.ts';
import type { Files } from '../../support/git-repository.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { createKeyboard, findStumbles, IS_FOCUSED } from '../../support/keyboard.ts';
import { type Offshoot, startOffshoot, waitFor } from '../../support/offshoot.ts';
import { descendantsOf } from '../../support/processes.ts';
import { openWatchedContext, type WatchedContext } from '../../support/watched-browser.ts';

const TIMEOUT_MS = 240_000;
/** A page asks again for half a minute at most after an app that is slow to come back. */
const SOON_MS = 90_000;
/** However slow this machine is: a builder that waits for the app is not given up. */
const LEASE_MS = 120_000;
/** Enough for several screens, so that most of them are not in the document. */
const LINES = 3000;

let gate: BuildGate;
let git: GitServer;
let offshoot: Offshoot;
let browser: Browser;
let watched: WatchedContext;
let context: BrowserContext;

/** A build that prints, waits for the test, prints again, waits once more, and publishes. */
function talkativeSite(name: string): Files {
  const say = (from: number) =>
    `for (let line = ${from}; line < ${from + LINES / 3}; line += 1) console.log('line ' + line);`;
  const build = `(async () => {
    ${say(1)}
    ${gate.wait(git.url, `${name}-1`)}
    ${say(1 + LINES / 3)}
    ${gate.wait(git.url, `${name}-2`)}
    ${say(1 + (2 * LINES) / 3)}
  })();`;
  return {
    'package.json': '{}',
    'index.html': '<h1>Here</h1>',
    'build.cjs': build,
    'offshoot.json': JSON.stringify({ install: '', build: 'node build.cjs', output: '.' }),
  };
}

async function startBuild(name: string): Promise<{ id: string; slug: string; path: string }> {
  const { url } = git.createRepository(name, talkativeSite(name));
  const { slug } = await offshoot.createProject({ gitUrl: url });
  const { id } = await offshoot.deploy(slug);
  return { id, slug, path: `/deployments/${id}` };
}

async function open(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`http://localhost:${offshoot.appPort}${path}`);
  return page;
}

const titleOf = (page: Page) => expect.poll(() => page.title(), { timeout: SOON_MS });
const seesLine = (page: Page, line: number) =>
  page.getByRole('log').getByText(`line ${line}`, { exact: true }).waitFor({ timeout: SOON_MS });
/** What a browser writes down by itself while a server is away, or when it is no longer signed in. */
const isOfTheNetwork = (fault: string) => /net::ERR_|Failed to load resource/.test(fault);
const faultsOfPages = () => watched.takeFaults().filter((fault) => !isOfTheNetwork(fault));

/** The app alone; what has started it starts it again. */
async function killApp(): Promise<void> {
  const app = descendantsOf(offshoot.process.pid ?? 0).find(({ command }) => command.includes('app/main.ts'));
  if (app === undefined) throw new Error('the app does not run');
  process.kill(app.pid, 'SIGKILL');
}

async function waitForApp(): Promise<void> {
  await waitFor('the app', SOON_MS, async () => {
    const answer = await fetch(`http://127.0.0.1:${offshoot.appPort}/healthz`).catch(() => undefined);
    return answer?.ok ? true : undefined;
  });
}

describe.skipIf(skipsBrowserTests())('a page that is left open', { timeout: TIMEOUT_MS }, () => {
  beforeAll(async () => {
    gate = createBuildGate();
    git = await startGitServer({ intercept: gate.intercept });
    const environment = { OFFSHOOT_LEASE_MS: String(LEASE_MS) };
    [offshoot, browser] = await Promise.all([startOffshoot({ environment }), launchChromium()]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser?.close();
    await offshoot?.dispose();
    await git?.close();
  }, TIMEOUT_MS);
  beforeEach(async () => {
    watched = await openWatchedContext(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    context = watched.context;
    const { url } = (await offshoot.call<{ url: string }>('POST', '/api/login-links')).body;
    const page = await context.newPage();
    await page.goto(url);
    await page.close();
  });
  afterEach(() => context.close());

  test('is up to date again after the app has died in the middle of a build, and its log has no gap', async () => {
    const { id, path, slug } = await startBuild('restart');
    const page = await open(path);
    const list = await open(`/projects/${slug}`);
    await titleOf(page).toMatch(/^Building: /);
    await seesLine(page, LINES / 3);

    await killApp();
    gate.open('restart-1');
    await waitForApp();
    await seesLine(page, (2 * LINES) / 3);
    await titleOf(page).toMatch(/^Building: /);
    await killApp();
    gate.open('restart-2');
    await titleOf(page).toMatch(/^Ready: /);
    await list.bringToFront();
    await list.getByRole('region', { name: 'Production' }).getByText('Live').waitFor({ timeout: SOON_MS });

    await page.bringToFront();
    await page.getByText('log complete').waitFor({ timeout: SOON_MS });
    await page.getByRole('button', { name: 'Copy all' }).click();
    const copied = await expect
      .poll(() => page.evaluate<string>('navigator.clipboard.readText()'))
      .toContain(`line ${LINES}`)
      .then(() => page.evaluate<string>('navigator.clipboard.readText()'));
    expect(copied.match(/^line \d+$/gm)).toEqual(
      Array.from({ length: LINES }, (_, line) => `line ${line + 1}`),
    );
    const log = await offshoot.log(id);
    expect(copied.trimEnd().split('\n')).toHaveLength(log.length);
    expect(faultsOfPages()).toEqual([]);
  });

  test('never takes the focus away: where its button is gone, one goes on from the content', async () => {
    const { path } = await startBuild('focus');
    const page = await open(path);
    const keyboard = createKeyboard(page);
    await keyboard.tabTo(page.getByRole('button', { name: 'Cancel', exact: true }));
    gate.open('focus-1');
    gate.open('focus-2');
    await titleOf(page).toMatch(/^Ready: /);
    await expect.poll(() => page.getByRole('button', { name: 'Cancel', exact: true }).count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await keyboard.press('Tab');
    expect(await page.getByRole('link', { name: 'Projects' }).last().evaluate(IS_FOCUSED)).toBe(true);
    expect(await findStumbles(page)).toEqual([]);
    expect(faultsOfPages()).toEqual([]);
  });

  test('goes to the line of its link, but not away from somebody who has begun with the keyboard', async () => {
    const { id, path } = await startBuild('link');
    gate.open('link-1');
    gate.open('link-2');
    await offshoot.waitForEnd(id, SOON_MS);
    const [idle, busy] = [await open(`${path}#L2000`), await context.newPage()];
    const isTaken = (page: Page) => page.evaluate<boolean>('scrollY > 0');
    await seesLine(idle, 1990);
    expect(await isTaken(idle)).toBe(true);

    const held = Promise.withResolvers<void>();
    await busy.route('**/logs/*', async (route) => {
      await held.promise;
      await route.continue();
    });
    await busy.goto(`${idle.url().replace(/#.*/, '')}#L2000`);
    await createKeyboard(busy).tabTo(busy.getByRole('link', { name: 'New project' }));
    held.resolve();
    await seesLine(busy, 1990);
    expect(await isTaken(busy)).toBe(false);
    expect(faultsOfPages()).toEqual([]);
  });

  test('leads to the login when its session has ended in another tab, whether something is built or not', async () => {
    const { path, slug } = await startBuild('session');
    const [building, quiet, other] = [await open(path), await open(`/projects/${slug}`), await open('/')];
    await titleOf(building).toMatch(/^Building: /);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForURL('**/login');

    await building.bringToFront();
    await building.waitForURL('**/login?next=*', { timeout: SOON_MS });
    expect(new URL(building.url()).searchParams.get('next')).toBe(path);
    await quiet.bringToFront();
    gate.open('session-1');
    gate.open('session-2');
    await quiet.waitForURL('**/login?next=*', { timeout: SOON_MS });
    for (const page of [building, quiet]) await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(faultsOfPages()).toEqual([]);
  });
});
