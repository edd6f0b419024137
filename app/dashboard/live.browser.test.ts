import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, skipsBrowserTests } from '../../test/support/chromium.ts';
import type { AppEnv } from '../http/guards.ts';
import { createPulses, type Pulses } from '../logs/stores/pulses.ts';
import { assetPath, createAssetRoutes } from './assets.ts';
import { addPage } from './page.ts';

const POLL_MS = 50;
/** More than any wait of the scripts but the one in the background. */
const SOON = { timeout: 8000, interval: 50 };

/** What the test's page shows: a number, a list, and a form. */
interface State {
  count: number;
  items: string[];
  isSignedIn: boolean;
  isGone: boolean;
  isBroken: boolean;
  liveBy: 'events' | 'asking';
}
const START: State = {
  count: 0,
  items: ['a', 'b'],
  isSignedIn: true,
  isGone: false,
  isBroken: false,
  liveBy: 'events',
};
const state = { ...START };
let server: ServerType;
let pulses: Pulses;
let browser: Browser;
let tab: Tab;
let complaints: string[];

function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((_error, context) => context.json({}, 503));
  app.use(async (context, next) => {
    const isOpen = context.req.path.startsWith('/assets/') || context.req.path === '/login';
    context.set('caller', { kind: 'administrator' });
    if (state.isSignedIn || isOpen) return next();
    const isForPeople = context.req.header('accept')?.includes('text/html');
    return isForPeople ? context.redirect('/login', 303) : context.json({}, 401);
  });
  app.route('/', createAssetRoutes());
  app.get('/login', (context) => context.html('<title>Sign in</title>'));
  addPage<'/page', State>(
    app,
    {
      path: '/page',
      load: async (context): Promise<State | Response> => {
        if (state.isBroken) throw new Error('the database is away');
        return state.isGone ? context.json({}, 404) : structuredClone(state);
      },
      render: ({ count, items, liveBy }) => ({
        title: `Count ${count}`,
        icon: count % 2 === 0 ? 'ready' : 'busy',
        liveBy,
        main: html`<div data-region="count">
            <p id="count">${count}</p>
            <a href="#x">A link</a>
            ${count < 5 ? html`<button id="cancel">Cancel it</button>` : ''}
            <button popovertarget="ask">Ask</button>
            <div popover id="ask">Sure about ${count}? <button popovertarget="ask">No</button></div>
          </div>
          <p role="status" data-region="said">${count < 5 ? 'Few' : 'Many'}</p>
          <form data-region="form"><label for="name">Name</label><input id="name" value="${count}" /></form>
          <ul data-region="items">
            ${items.map(
              (item) =>
                html`<li id="item-${item}">
                  <details>
                    <summary>${item}</summary>
                    in ${item}
                  </details>
                </li>`,
            )}
          </ul>`,
      }),
    },
    { now: Date.now, pulses },
  );
  return app;
}

async function listen(port = 0): Promise<number> {
  pulses = createPulses({ subscribe: () => () => {} }, POLL_MS);
  server = serve({ fetch: createApp().fetch, port, hostname: '127.0.0.1' });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(): Promise<void> {
  server.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await once(server, 'close');
}

const count = () => tab.locator('#count').textContent();
const expectShown = (wanted: number) => expect.poll(count, SOON).toBe(String(wanted));
const expectWatched = (times: number) => expect.poll(() => pulses.followers(), SOON).toBe(times);
const expectCalm = () => expect(complaints).toEqual([]);
/** Lets what would come, come. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 10 * POLL_MS));

/** What a person does who turns to another tab, and back. */
async function turn(to: 'hidden' | 'visible'): Promise<void> {
  await tab.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${to === 'hidden'}, configurable: true })`,
  );
  await tab.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
}

const EXCHANGE_AT_RANDOM = `async (module) => {
  const { exchange } = await import(module);
  let seed = 7;
  const pick = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const make = (depth) => Array.from({ length: pick(5) }, () => {
    if (depth === 0 || pick(3) === 0) return ['text', 'other', '<br>', '<!--c-->'][pick(4)];
    const name = ['p', 'div', 'details'][pick(3)];
    const id = pick(3) === 0 ? ' id="i' + pick(4) + '"' : '';
    return '<' + name + id + ' class="c' + pick(3) + '">' + make(depth - 1) + '</' + name + '>';
  }).join('');
  const mistakes = [];
  for (let turn = 0; turn < 3000; turn += 1) {
    const [one, other] = [document.createElement('div'), document.createElement('div')];
    one.innerHTML = make(3);
    other.innerHTML = make(3);
    const wanted = other.innerHTML;
    exchange(one, other);
    if (one.innerHTML !== wanted) mistakes.push(one.innerHTML + ' is not ' + wanted);
  }
  return mistakes;
}`;

describe.skipIf(skipsBrowserTests())('a page that is open', { timeout: 30_000 }, () => {
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    Object.assign(state, START);
    const port = await listen();
    complaints = [];
    tab = await browser.newPage();
    tab.on('pageerror', (error) => complaints.push(String(error)));
    // Browsers write down by themselves that a server did not answer; that is no mistake of ours.
    tab.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
        complaints.push(message.text());
    });
    await tab.goto(`http://127.0.0.1:${port}/page`);
    await expectWatched(1);
  });
  afterEach(async () => {
    await tab.close();
    await stop();
    expectCalm();
  });

  it('changes by itself, with its title and its icon, and is not loaded anew', async () => {
    await tab.evaluate(() => Object.assign(globalThis, { isSame: true }));
    state.count = 1;
    await expectShown(1);
    expect(await tab.title()).toBe('Count 1 · Offshoot');
    expect(await tab.locator('link[rel=icon]').getAttribute('href')).toContain('icon-busy');
    expect(await tab.evaluate(() => 'isSame' in globalThis)).toBe(true);
  });

  it('shows the last of many changes, however fast they come', async () => {
    for (let change = 1; change <= 60; change += 1) {
      state.count = change;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * POLL_MS));
    }
    await expectShown(60);
  });

  it('shows a change of between its rendering and its first connection', async () => {
    await turn('hidden');
    await tab.reload({ waitUntil: 'commit' });
    state.count = 3;
    await expectShown(3);
  });

  it('keeps what somebody types, also when they have left the field, and shows the rest when they are done', async () => {
    await tab.fill('#name', 'half a na');
    state.count = 1;
    await expectShown(1);
    expect(await tab.inputValue('#name')).toBe('half a na');
    await tab.locator('#name').blur();
    state.count = 2;
    await expectShown(2);
    expect(await tab.inputValue('#name')).toBe('half a na');
    await tab.fill('#name', '0');
    await tab.locator('#name').blur();
    await expect.poll(() => tab.inputValue('#name'), SOON).toBe('2');
  });

  it('does not change under an open question, and shows the newest once it is closed', async () => {
    await tab.click('text=Ask');
    for (const next of [1, 2, 4]) {
      state.count = next;
      await expect.poll(() => tab.title(), SOON).toContain(`Count ${next}`);
    }
    expect(await count()).toBe('0');
    await tab.keyboard.press('Escape');
    await expectShown(4);
    expect(await tab.locator('#ask').textContent()).toContain('Sure about 4?');
  });

  it('keeps the focus where it is, and brings it to the content when what had it is gone', async () => {
    const focused = () => tab.evaluate('document.activeElement?.textContent');
    await tab.focus('text=A link');
    state.count = 1;
    await expectShown(1);
    expect(await focused()).toBe('A link');
    await tab.focus('#cancel');
    state.count = 5;
    await expectShown(5);
    expect(await tab.evaluate('document.activeElement?.id')).toBe('main');
  });

  it('says aloud what changes of the state, and nothing else', async () => {
    await tab.evaluate(`
      globalThis.said = [];
      const region = document.querySelector('[role=status][data-region]');
      const keep = () => globalThis.said.push(region.textContent);
      new MutationObserver(keep).observe(region, { childList: true, characterData: true, subtree: true });
    `);
    for (const next of [1, 2, 7, 8]) {
      state.count = next;
      await expectShown(next);
    }
    expect(await tab.evaluate('globalThis.said')).toEqual(['Many']);
  });

  it('keeps what is opened in a list to which items come and from which they go', async () => {
    await tab.click('#item-b summary');
    state.items = ['new', 'b'];
    await expect.poll(() => tab.locator('summary').allTextContents(), SOON).toEqual(['new', 'b']);
    expect(await tab.locator('#item-b details').evaluate((details) => details.hasAttribute('open'))).toBe(
      true,
    );
  });

  it('holds no connection in the background, and shows what it missed when it is seen again', async () => {
    await turn('hidden');
    await expectWatched(0);
    state.count = 4;
    await rest();
    expect(await count()).toBe('0');
    await turn('visible');
    await expectShown(4);
  });

  it('keeps title and icon right in the background, by asking now and then', async () => {
    await tab.clock.install();
    await tab.reload();
    await turn('hidden');
    state.count = 1;
    await rest();
    expect(await tab.title()).toContain('Count 0');
    await tab.clock.fastForward(21_000);
    await expect.poll(() => tab.title(), SOON).toContain('Count 1');
    expect(await tab.locator('link[rel=icon]').getAttribute('href')).toContain('icon-busy');
    await expectWatched(0);
  });

  it('is loaded anew when it comes from another Offshoot than the one that answers, once nothing is open', async () => {
    await tab.evaluate(`document.querySelector('link[rel=stylesheet]').href = '/assets/old/style.css'`);
    await tab.evaluate('globalThis.isSame = true');
    await tab.click('text=Ask');
    state.count = 1;
    await expect.poll(() => tab.title(), SOON).toContain('Count 1');
    expect(await tab.evaluate('globalThis.isSame')).toBe(true);
    await tab.keyboard.press('Escape');
    await expect.poll(() => tab.evaluate('globalThis.isSame'), SOON).toBeUndefined();
    await expectShown(1);
  });

  it('goes on with another server process, says so while there is none, and misses nothing', async () => {
    const { port } = new URL(tab.url());
    await stop();
    state.count = 9;
    await tab.locator('.offline').waitFor({ state: 'visible', timeout: 8000 });
    expect(await tab.locator('.offline').textContent()).toContain('can’t be reached');
    await listen(Number(port));
    await expectShown(9);
    await tab.locator('.offline').waitFor({ state: 'hidden' });
    state.count = 10;
    await expectShown(10);
  });

  it('goes on when what the server reads is away for a while', async () => {
    state.isBroken = true;
    await rest();
    expect(await count()).toBe('0');
    state.count = 6;
    state.isBroken = false;
    await expectShown(6);
    await expectWatched(1);
  });

  it('asks where the server listens to no more pages, and listens again when somebody comes back to it', async () => {
    const others = Array.from({ length: 500 }, () => pulses.follow('other'));
    await tab.reload();
    state.count = 7;
    await expectShown(7);
    expect(pulses.followers()).toBe(500);
    for (const other of others) other.leave();
    await turn('hidden');
    await turn('visible');
    await expectWatched(1);
  });

  it('shows the login page once its session has ended', async () => {
    state.isSignedIn = false;
    state.count = 1;
    await expect.poll(() => tab.title(), SOON).toBe('Sign in');
  });

  it('shows what the server says once it is gone, but not under the hands of somebody who types', async () => {
    await tab.fill('#name', 'half');
    state.isGone = true;
    await rest();
    expect(await tab.inputValue('#name')).toBe('half');
    const navigated = tab.waitForNavigation();
    await tab.fill('#name', '0');
    await tab.locator('#name').blur();
    expect((await navigated)?.status()).toBe(404);
  });

  it('asks and keeps no connection where another script has one', async () => {
    Object.assign(state, { liveBy: 'asking', count: 1 });
    await expectShown(1);
    await expectWatched(0);
    state.count = 2;
    await expectShown(2);
    Object.assign(state, { liveBy: 'events', count: 3 });
    await expectShown(3);
    await expectWatched(1);
  });

  it('makes of any inside any other one', async () => {
    // As text: vitest would make its own of the import.
    const wrong = await tab.evaluate(`(${EXCHANGE_AT_RANDOM})(${JSON.stringify(assetPath('exchange.ts'))})`);
    expect(wrong).toEqual([]);
  });
});
