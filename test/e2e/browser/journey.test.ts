import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sidewaysPx } from '../../support/accessibility.ts';
import { type BuildGate, createBuildGate } from '../../support/build-gate.ts';
import { launchChromium, skipsBrowserTests } from '../../support/chromium.ts';
import type { Files } from '../../support/git-repository.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { type Hands, keysOf, mouse } from '../../support/hands.ts';
import { type Offshoot, startOffshoot, waitFor } from '../../support/offshoot.ts';
import { keepScreenshot } from '../../support/screenshots.ts';
import { openWatchedContext } from '../../support/watched-browser.ts';

const TIMEOUT_MS = 240_000;
const SOON_MS = 60_000;

let gate: BuildGate;
let git: GitServer;
let offshoot: Offshoot;
let browser: Browser;

/** A site whose build says what it does, waits for the test, and publishes one page that says `words`. */
function siteOf(name: string, words: string): Files {
  const build = `
    (async () => {
      console.log('\\x1b[36mRendering\\x1b[39m “${words}”');
      ${gate.wait(git.url, name)}
      require('node:fs').mkdirSync('dist');
      require('node:fs').writeFileSync('dist/index.html', ${JSON.stringify(pageOf(words))});
      console.log('Rendered 1 page');
    })();`;
  return { ...COMMANDS, 'build.cjs': build };
}

const COMMANDS = {
  'package.json': '{}',
  'offshoot.json': JSON.stringify({ install: '', build: 'node build.cjs', output: 'dist' }),
};
const BROKEN = {
  ...COMMANDS,
  'build.cjs': "console.log('Reading theme.json'); throw new Error('colour is not defined in theme.json');",
};

function pageOf(words: string): string {
  return `<!doctype html><html lang="en"><title>${words}</title><link rel="icon" href="data:,"><h1>${words}</h1></html>`;
}

/** How the person of a journey looks and acts. */
interface Traveller {
  readonly name: string;
  readonly options: BrowserContextOptions;
  readonly handsOf: (page: Page) => Hands;
  /** Waits for what the page shows in a moment: by itself, or when it is loaded again. */
  readonly await: (page: Page, target: Locator) => Promise<void>;
}

const byItself: Traveller['await'] = (_page, target) => target.waitFor({ timeout: SOON_MS });
const byLoadingAgain: Traveller['await'] = async (page, target) => {
  await waitFor(String(target), SOON_MS, async () => {
    if (await target.isVisible()) return true;
    await page.getByRole('link', { name: 'Load it again' }).click();
    return undefined;
  });
};

const DEPLOYMENT = /\/deployments\/[a-z0-9]{20}$/;
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };
const TRAVELLERS: Traveller[] = [
  {
    name: 'at a desk, in light, with a mouse',
    options: { viewport: DESK, colorScheme: 'light' },
    handsOf: () => mouse,
    await: byItself,
  },
  {
    name: 'on a small screen, in dark, with the keyboard only',
    options: { viewport: PHONE, colorScheme: 'dark' },
    handsOf: keysOf,
    await: byItself,
  },
  {
    name: 'on a phone, in light, without JavaScript',
    options: { viewport: PHONE, colorScheme: 'light', javaScriptEnabled: false },
    handsOf: () => mouse,
    await: byLoadingAgain,
  },
];

/** What `npm start` has printed. It works once; later journeys get one as `offshoot open` does. */
async function takeLoginLink(): Promise<string> {
  const printed = /Sign in: +(\S+)/.exec(offshoot.output())?.[1] ?? '';
  if (!usedLinks.has(printed)) return printed;
  return (await offshoot.call<{ url: string }>('POST', '/api/login-links')).body.url;
}
const usedLinks = new Set<string>();

describe.skipIf(skipsBrowserTests())('the first ten minutes', { timeout: TIMEOUT_MS }, () => {
  beforeAll(async () => {
    gate = createBuildGate();
    git = await startGitServer({ intercept: gate.intercept });
    [offshoot, browser] = await Promise.all([startOffshoot(), launchChromium()]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser?.close();
    await offshoot?.dispose();
    await git?.close();
  }, TIMEOUT_MS);
  beforeEach(async () => {
    const { items } = (await offshoot.call<{ items: { slug: string }[] }>('GET', '/api/projects')).body;
    for (const { slug } of items) await offshoot.call('DELETE', `/api/projects/${slug}`);
  });

  test.each(TRAVELLERS)('of somebody $name', async (traveller) => {
    const { context, takeFaults } = await openWatchedContext(browser, traveller.options);
    try {
      const page = await context.newPage();
      await travel(page, traveller);
      expect(takeFaults()).toEqual([]);
    } finally {
      await context.close();
    }
  });
});

async function travel(page: Page, traveller: Traveller): Promise<void> {
  const { press, type, tick } = traveller.handsOf(page);
  const see = (target: Locator) => traveller.await(page, target);
  const main = page.getByRole('main');
  const button = (name: string, within: Page | Locator = main) =>
    within.getByRole('button', { name, exact: true });
  const link = (name: string, within: Page | Locator = main) =>
    within.getByRole('link', { name, exact: true });
  const crumbs = main.getByRole('navigation', { name: 'Where you are' });
  const log = page.getByRole('region', { name: 'Log' });
  const shows = (text: string) => see(main.getByText(text, { exact: true }).first());
  const lookAt = async (name: string) => {
    expect({ name, sideways: (await sidewaysPx(page)) > 0 }).toEqual({ name, sideways: false });
    await keepScreenshot(page, `journey ${traveller.name} ${name}`);
  };
  const project = `journey-${TRAVELLERS.indexOf(traveller)}`;
  const host = `${project}.localhost:${offshoot.proxyPort}`;
  const { repository, url } = git.createRepository(project);
  const follow = async (target: Locator, to: string | RegExp) => {
    await press(target);
    await page.waitForURL(to);
  };
  /** The site itself, as a visitor sees it. */
  const expectSite = async (words: string) => {
    await follow(link(host).first(), `http://${host}/`);
    // The proxy asks for a host's pointer once a second: what somebody saw a moment ago may be shown once more.
    await waitFor(`"${words}" at ${host}`, SOON_MS, async () => {
      if ((await page.getByRole('heading').textContent()) === words) return true;
      await page.reload();
      return undefined;
    });
    await page.goBack();
  };
  const deployAgain = async () => {
    await follow(link(project, crumbs), /\/projects\/[^/]+$/);
    await follow(button('Deploy'), DEPLOYMENT);
  };

  // The first start: a link that signs in, and a page that asks for a Git URL.
  const login = await takeLoginLink();
  usedLinks.add(login);
  await page.goto(login);
  expect(new URL(page.url()).pathname).toBe('/');
  await lookAt('1 the first page');
  repository.commit(siteOf(`${project}-1`, 'The first page'), { message: 'Write the first page' });
  await type(page.getByLabel('Git URL'), url);
  await follow(button('Deploy').first(), DEPLOYMENT);

  // A build that can be watched, and a page that turns to Ready.
  await see(log.getByText('“The first page”').first());
  await shows('Building');
  await lookAt('2 building');
  gate.open(`${project}-1`);
  await shows('Ready');
  expect(await page.title()).toMatch(/^Ready: Write the first page · /);
  await see(log.getByText('Rendered 1 page').first());
  await lookAt('3 ready');
  const first = page.url().replace(/\?$/, '');
  await expectSite('The first page');

  // A build that fails says why, and leaves the site alone.
  repository.commit(BROKEN, { message: 'Change the colour' });
  await deployAgain();
  await shows('Failed');
  await see(main.getByRole('heading', { name: 'The build command failed' }));
  await see(log.getByText('colour is not defined in theme.json').first());
  await see(main.getByRole('heading', { name: 'What to do' }));
  await lookAt('4 failed');
  if (traveller.options.javaScriptEnabled !== false) {
    await tick(log.getByRole('button', { name: /^First error: line \d+$/ }));
    await page.waitForURL(/#L\d/);
  }
  await expectSite('The first page');

  // The next one mends it.
  repository.commit(siteOf(`${project}-2`, 'The second page'), { message: 'Mend the colour' });
  gate.open(`${project}-2`);
  await deployAgain();
  await shows('Ready');
  await lookAt('5 mended');
  await expectSite('The second page');

  // Back to the first: the question says what will move.
  await follow(link('Deployments', crumbs), /\/projects\/[^/]+\/deployments$/);
  await lookAt('6 all deployments');
  await follow(link('Write the first page'), first);
  await press(button('Roll back to this'));
  const question = page.getByRole('dialog', { name: 'Roll production back to this deployment?' });
  const words = (await question.textContent())?.replaceAll(/\s+/g, ' ');
  expect(words).toContain(`${host} now shows Mend the colour`);
  expect(words).toContain('It will show this one: Write the first page');
  await lookAt('7 asked');
  await press(button('Roll back', question));
  await shows('Production shows this deployment now.');
  await lookAt('8 rolled back');
  await expectSite('The first page');

  // And away with it: its name has to be typed.
  await follow(link(project, crumbs), /\/projects\/[^/]+$/);
  await follow(link('Settings'), /\/settings$/);
  await tick(page.getByLabel('Hold production'));
  await press(button('Save'));
  await see(main.getByText('Saved. What is about builds').first());
  await follow(link('Delete…'), /\/delete$/);
  await type(page.getByLabel('Its name'), project);
  await lookAt('9 asked for its name');
  await follow(button('Delete this project'), /\?deleted=/);
  await see(page.getByLabel('Git URL'));
}
