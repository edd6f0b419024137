// Takes the pictures of README.md: `npm run screenshots [-- <folder>]`. A real Offshoot on free ports deploys a real
// shop from a Git server on this machine; nothing in the pictures is drawn.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import type { GitRepository } from '../support/git-repository.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { type Deployment, type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';
import { demoShop, FORGOTTEN_FILE } from './demo-shop.ts';

const FOLDER = resolve(process.argv[2] ?? join(import.meta.dirname, '../../docs/images'));
const WIDTH = 1440;
/** Of the window; the picture is of the whole page. The log's box is a part of the window. */
const HEIGHTS = { project: 900, deployment: 720, failed: 490 };
const BUILD_TIMEOUT_MS = 180_000;
/** Lines of the build that a picture of a live log shows at least. */
const LIVE_LINES = 6;
const SETTLE_MS = 700;
const AUTHORS = { ada: 'Ada Lovelace <ada@example.com>', grace: 'Grace Hopper <grace@example.com>' };

const git = await startGitServer();
const offshoot = await startOffshoot({
  // What people see who start it without any setting; it listens on free ports all the same.
  environment: { OFFSHOOT_URL: 'http://localhost:9000', OFFSHOOT_DOMAIN: 'http://localhost:8000' },
});
const browser = await launchChromium();
try {
  await mkdir(FOLDER, { recursive: true });
  const page = await browser.newPage({ colorScheme: 'light', reducedMotion: 'reduce' });
  await signIn(page, offshoot);
  await takeAll(page, offshoot, git);
} finally {
  await browser.close();
  await offshoot.dispose();
  await git.close();
}

async function takeAll(page: Page, offshoot: Offshoot, git: GitServer): Promise<void> {
  const { repository, url } = git.createRepository('shop');
  commitStory(repository);
  await offshoot.createProject({ gitUrl: url, name: 'shop' });
  await Promise.all(['main', 'search'].map((branch) => deployToEnd(offshoot, branch)));
  repository.commit(demoShop({ 'prices.json': '{}' }), {
    message: 'Show prices with tax',
    author: AUTHORS.ada,
  });
  const [, failed] = await Promise.all(
    ['main', 'summer-sale'].map((branch) => deployToEnd(offshoot, branch)),
  );
  await take(page, `/deployments/${failed?.id}`, 'failed');

  repository.commit(demoShop({ 'prices.json': '{"tax": 0.2}' }), {
    message: 'Read the tax from prices.json',
    author: AUTHORS.grace,
  });
  const running = await offshoot.deploy('shop');
  await waitFor('the build to say something', BUILD_TIMEOUT_MS, async () => {
    const lines = await offshoot.log(running.id);
    return lines.filter(({ text }) => text.includes('products/')).length >= LIVE_LINES || undefined;
  });
  await take(page, `/deployments/${running.id}`, 'deployment');
  await take(page, '/projects/shop', 'project');
  await offshoot.waitForEnd(running.id, BUILD_TIMEOUT_MS);
}

function commitStory(repository: GitRepository): void {
  const first = repository.commit(demoShop(), { message: 'Open the shop', author: AUTHORS.ada });
  repository.branch('search', first);
  repository.commit(demoShop({ 'src/search.js': '' }), {
    branch: 'search',
    message: 'Find products by name',
    author: AUTHORS.grace,
  });
  repository.branch('summer-sale', first);
  repository.commit(demoShop(FORGOTTEN_FILE), {
    branch: 'summer-sale',
    message: 'Put the summer sale into the cart',
    author: AUTHORS.grace,
  });
}

async function deployToEnd(offshoot: Offshoot, branch: string): Promise<Deployment> {
  const { id } = await offshoot.deploy('shop', branch);
  return offshoot.waitForEnd(id, BUILD_TIMEOUT_MS);
}

async function signIn(page: Page, offshoot: Offshoot): Promise<void> {
  const { body } = await offshoot.call<{ url: string }>('POST', '/api/login-links');
  await page.goto(addressOf(offshoot, new URL(body.url).pathname));
}

async function take(page: Page, path: string, name: keyof typeof HEIGHTS): Promise<void> {
  await page.setViewportSize({ width: WIDTH, height: HEIGHTS[name] });
  await page.goto(addressOf(offshoot, path));
  await settle(page);
  if (name === 'failed') await showFirstError(page);
  const file = join(FOLDER, `${name}.png`);
  const picture = await page.screenshot({ path: file, fullPage: true });
  console.log(`${file}: ${Math.round(picture.length / 1000)} kB`);
}

/** As somebody would who opens the page to find out why. */
async function showFirstError(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^First error/ }).click();
  await settle(page);
}

/** Live parts have arrived a moment after the page; pages that go on for ever are never idle. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(SETTLE_MS);
}

function addressOf(offshoot: Offshoot, path: string): string {
  return `http://localhost:${offshoot.appPort}${path}`;
}
