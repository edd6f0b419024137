import { eq } from 'drizzle-orm';
import type { Browser, BrowserContextOptions, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBarriers, findLooseText, sidewaysPx } from '../../../test/support/accessibility.ts';
import { type ApiRoom, openApiRoom, TOKEN } from '../../../test/support/api-room.ts';
import { launchChromium, skipsBrowserTests } from '../../../test/support/chromium.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { createKeyboard, findStumbles } from '../../../test/support/keyboard.ts';
import { keepScreenshot } from '../../../test/support/screenshots.ts';
import { openWatchedContext, type WatchedContext } from '../../../test/support/watched-browser.ts';
import {
  answer,
  hangUp,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../../test/support/webhook-receiver.ts';
import { sendDeliveries } from '../../actions/send-deliveries.ts';
import { deployHooks } from '../../db/schema.ts';

const PATH = '/projects/blog/notifications';
const HOSTILE = `<img src=x onerror=globalThis.ran=1> \u202egnp.exe ${'long'.repeat(8)}`;
/** What the form makes, again for each look. */
const MADE = 'Sanity';
const SOON = { timeout: 10_000, interval: 100 };
const LOOKS = [
  { width: 1440, height: 900, colorScheme: 'light' },
  { width: 1440, height: 900, colorScheme: 'dark' },
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
] as const;

let room: ApiRoom;
let git: GitServer;
let receiver: WebhookReceiver;
let browser: Browser;
let opened: WatchedContext[] = [];

/** The icon of a page that is left before it has come is no fault. */
const faultsOf = ({ takeFaults }: WatchedContext) =>
  takeFaults().filter((fault) => !/icon-\w+\.svg: the request failed: net::ERR_ABORTED$/.test(fault));
const urlOf = (path: string) => `http://127.0.0.1:${room.server.port}${path}`;
const send = () => sendDeliveries(room.dependencies, new AbortController().signal);

async function signIn(options: BrowserContextOptions = {}): Promise<{ tab: Tab; watched: WatchedContext }> {
  const watched = await openWatchedContext(browser, options);
  opened.push(watched);
  const tab = await watched.context.newPage();
  await tab.goto(urlOf('/login'));
  await tab.fill('#token', TOKEN);
  await tab.keyboard.press('Enter');
  await tab.waitForURL('**/');
  return { tab, watched };
}

async function makeHook(slug: string, name: string): Promise<{ id: string; url: string }> {
  const path = `/api/projects/${slug}/deploy-hooks`;
  const { status, body } = await room.client.call<{ id: string; url: string }>('POST', path, {
    json: { name },
  });
  expect(status).toBe(201);
  return body;
}

async function addWebhook(slug: string, json: object = {}): Promise<string> {
  const call = { json: { url: `${receiver.origin}/services/T000/B000/${'x'.repeat(60)}`, ...json } };
  return (await room.client.call<{ id: string }>('POST', `/api/projects/${slug}/webhooks`, call)).body.id;
}

async function ping(slug: string, id: string): Promise<void> {
  room.clock.now += 1000;
  await room.client.call('POST', `/api/projects/${slug}/webhooks/${id}/ping`);
}

describe.skipIf(skipsBrowserTests())('notifications in a browser', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    [room, git, receiver] = await Promise.all([openApiRoom(), startGitServer(), startWebhookReceiver()]);
    room.clock.now = Date.now() - 3_600_000;
    const { url } = git.createRepository('blog', { 'index.html': 'one' });
    for (const slug of ['blog', 'full', 'empty', 'keys', 'live'])
      await room.client.call('POST', '/api/projects', { json: { gitUrl: url, slug, name: slug } });
    await room.client.call('POST', '/api/projects', { json: { name: 'Folders' } });
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const { context } of opened) await context.close();
    opened = [];
  });
  afterAll(async () => {
    await browser?.close();
    await room?.dispose();
    await git?.close();
    await receiver?.close();
  });

  it('are readable at every width, in light and dark, for everybody', async () => {
    const hook = await makeHook('full', 'Contentful');
    await room.server.send('POST', new URL(hook.url).pathname);
    await makeHook('full', HOSTILE);
    await addWebhook('full', { events: ['deployment.failed'] });
    await addWebhook('full', { format: 'slack' });
    const webhook = await addWebhook('full');
    receiver.next(answer(200), answer(500, `${HOSTILE}\n`.repeat(40)), hangUp, answer(410, ''));
    for (let count = 0; count < 4; count += 1) {
      await ping('full', webhook);
      await send();
    }
    await ping('full', webhook);
    const pages: Record<string, string> = {
      'notifications none': '/projects/empty/notifications',
      'notifications without a repository': '/projects/folders/notifications',
      'notifications many': '/projects/full/notifications',
      webhook: `/projects/full/notifications/webhooks/${webhook}`,
    };
    for (const look of LOOKS) {
      const { width, height, colorScheme } = look;
      const { tab, watched } = await signIn({ viewport: { width, height }, colorScheme });
      const check = async (name: string) => {
        const where = `${name} ${width} ${colorScheme}`;
        await keepScreenshot(tab, where);
        const found = [await findBarriers(tab), await findLooseText(tab), faultsOf(watched)];
        expect([where, await sidewaysPx(tab), ...found]).toEqual([where, 0, [], [], []]);
      };
      for (const [name, path] of Object.entries(pages)) {
        await tab.goto(urlOf(path));
        for (const summary of await tab.locator('.deliveries summary').all()) await summary.click();
        await check(name);
      }
      await tab.goto(urlOf('/projects/full/notifications'));
      await tab.getByRole('button', { name: /^Delete Contentful/ }).click();
      await check('notifications delete');
      await tab.keyboard.press('Escape');
      await tab.getByText('New webhook').click();
      await tab.getByLabel('URL').fill('https://user:pass@example.com/');
      await tab.getByLabel('is ready').uncheck();
      await tab.getByRole('button', { name: 'Add webhook' }).click();
      await tab.getByRole('alert').waitFor();
      // The browser tells of every answer of 422.
      expect(faultsOf(watched)).toHaveLength(1);
      await check('notifications refused');
      await tab.goto(urlOf('/projects/empty/notifications'));
      await tab.getByLabel('Name').fill(MADE);
      await tab.getByRole('button', { name: 'Make deploy hook' }).click();
      await tab.getByText('this once').waitFor();
      await check('notifications made hook');
      await tab.goto(urlOf('/projects/empty/notifications'));
      await room.db.delete(deployHooks).where(eq(deployHooks.name, MADE));
      expect(await tab.evaluate('globalThis.ran')).toBeUndefined();
    }
  });

  it('show a URL that one click copies', async () => {
    const { tab, watched } = await signIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    await tab.goto(urlOf(PATH));
    await tab.getByLabel('Name').fill('CMS');
    await tab.getByRole('button', { name: 'Make deploy hook' }).click();
    await tab.getByRole('button', { name: 'Copy' }).first().click();
    await expect.poll(() => tab.getByRole('button', { name: 'Copied' }).count(), SOON).toBe(1);
    const copied = await tab.evaluate('navigator.clipboard.readText()');
    expect(copied).toMatch(/\/api\/hooks\/[a-z0-9]{40}$/);
    expect(copied).toBe(await tab.getByLabel('URL').inputValue());
    await tab.reload().catch(() => undefined);
    expect(faultsOf(watched)).toEqual([]);
  });

  it('show what becomes of a delivery by themselves, and leave open what somebody reads', async () => {
    const id = await addWebhook('live');
    const { tab, watched } = await signIn();
    await tab.goto(urlOf(`/projects/live/notifications/webhooks/${id}`));
    await tab.getByRole('button', { name: 'Send test' }).click();
    await tab.locator('.deliveries summary').click();
    expect(await tab.locator('.deliveries').textContent()).toContain('not tried yet');
    await send();
    await expect.poll(() => tab.locator('.deliveries').textContent(), SOON).toContain('answered 200');
    expect(await tab.locator('.deliveries details[open]').count()).toBe(1);
    expect(faultsOf(watched)).toEqual([]);
  });

  it('can be made, tried and deleted by keyboard alone', async () => {
    const { tab, watched } = await signIn();
    const keyboard = createKeyboard(tab);
    await tab.goto(urlOf('/projects/keys/notifications'));
    await keyboard.tabTo(tab.getByLabel('Name'));
    await keyboard.type('CMS');
    await keyboard.press('Enter');
    await tab.getByText('this once').waitFor();
    await keyboard.activate(tab.getByRole('link', { name: 'I have copied it' }));
    await keyboard.activate(tab.getByRole('button', { name: 'Delete CMS' }));
    await keyboard.activate(tab.getByRole('button', { name: 'Delete deploy hook' }));
    await tab.getByText('The deploy hook is deleted').waitFor();
    await keyboard.tabTo(tab.getByLabel('URL'));
    await keyboard.type(receiver.origin);
    await keyboard.press('Enter');
    await keyboard.activate(tab.getByRole('button', { name: 'Send test' }));
    await keyboard.activate(tab.locator('.deliveries summary'));
    await expect.poll(() => tab.locator('.deliveries details[open]').count(), SOON).toBe(1);
    expect(await findStumbles(tab)).toEqual([]);
    expect(faultsOf(watched)).toEqual([]);
  });

  it('work without scripts', async () => {
    const { tab } = await signIn({ javaScriptEnabled: false });
    await tab.goto(urlOf(PATH));
    await tab.getByLabel('URL').fill(`${receiver.origin}/plain`);
    await tab.getByRole('button', { name: 'Add webhook' }).click();
    expect(await tab.getByLabel('Secret').inputValue()).toMatch(/^[a-z0-9]{40}$/);
    expect(await tab.getByRole('button', { name: 'Copy' }).count()).toBe(0);
    await tab.getByRole('button', { name: 'Send test' }).click();
    await send();
    await tab.reload();
    expect(await tab.locator('.deliveries').textContent()).toContain('answered 200');
    await tab
      .getByRole('button', { name: /^Delete/ })
      .first()
      .click();
    await tab.getByRole('button', { name: 'Delete webhook' }).click();
    await tab.getByText('The webhook is deleted').waitFor();
  });
});
