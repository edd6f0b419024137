import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import type { Browser, BrowserContext, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findBarriers, sidewaysPx } from '../../../test/support/accessibility.ts';
import { type ApiRoom, openApiRoom, TOKEN } from '../../../test/support/api-room.ts';
import { launchChromium, skipsBrowserTests } from '../../../test/support/chromium.ts';
import { createTestClickHouse, type TestClickHouse } from '../../../test/support/clickhouse.ts';
import {
  type DeploymentStates,
  openDeploymentStates,
  phasesFrom,
} from '../../../test/support/deployment-states.ts';
import { createKeyboard } from '../../../test/support/keyboard.ts';
import { openWatchedContext, type WatchedContext } from '../../../test/support/watched-browser.ts';
import { findAlias } from '../../db/aliases.ts';
import { type DeploymentChanges, findDeployment, moveDeployment } from '../../db/deployments.ts';
import { deployments } from '../../db/schema.ts';
import { migrateClickHouse } from '../../logs/stores/clickhouse-migrations.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations/clickhouse');
/** A tab that somebody has turned away from, and what happens when they turn to it. */
const HIDDEN = `Object.defineProperty(document, 'hidden', { value: true, configurable: true })`;
const SHOW = `() => {
  delete document.hidden;
  document.dispatchEvent(new Event('visibilitychange'));
}`;
/** The page asks every two seconds while its log holds the connection. */
const SOON = { timeout: 10_000, interval: 100 };

let clickHouse: TestClickHouse;
let room: ApiRoom;
let browser: Browser;
let watched: WatchedContext;
let tab: Tab;
let states: DeploymentStates;

async function signIn(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${room.server.port}/login`);
  await page.fill('#token', TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/');
  return page;
}
const open = (id: string) => tab.goto(`http://127.0.0.1:${room.server.port}/deployments/${id}`);
const move = async (
  id: string,
  event: Parameters<typeof moveDeployment>[2],
  changes: DeploymentChanges = {},
) => moveDeployment(room.db, id, event, new Date(room.clock.now), changes);
const expectText = (selector: string, text: string) =>
  expect.poll(() => tab.locator(selector).textContent(), SOON).toContain(text);
const production = async () => (await findAlias(room.db, states.project.slug))?.deploymentId;
const ready = async (commitSubject: string) =>
  states.make({ ...(await states.output({ 'index.html': commitSubject.length })), commitSubject });

describe.skipIf(skipsBrowserTests())('the page of a deployment, in a browser,', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    clickHouse = await createTestClickHouse();
    await migrateClickHouse({ url: clickHouse.url, folder: MIGRATIONS, retentionDays: 90 });
    room = await openApiRoom({ clickHouseUrl: clickHouse.url });
    room.clock.now = Date.now();
    browser = await launchChromium();
    watched = await openWatchedContext(browser);
    tab = await signIn(watched.context);
  });
  afterAll(async () => {
    await browser?.close();
    await room?.dispose();
    await clickHouse?.drop();
  });
  beforeEach(async () => {
    states = await openDeploymentStates(room, room.clock.now - 3_600_000);
  });
  const expectCalm = () => expect(watched.takeFaults()).toEqual([]);
  afterEach(expectCalm);

  it('goes by itself from queued to ready, in all of its parts, and is the same page all the time', async () => {
    const fresh = { startedAt: null, finishedAt: null, phases: [], commitSubject: null, commitAuthor: null };
    const { id, commit } = await states.make({ ...fresh, status: 'queued', framework: null });
    await open(id);
    await tab.evaluate('globalThis.isSame = true');
    expect(await tab.title()).toContain(`Queued: Commit ${commit?.slice(0, 7)}`);
    await move(id, 'launch');
    await expectText('[data-region=said]', 'A builder is starting');
    await move(id, 'claim');
    await room.db
      .update(deployments)
      .set({ phases: phasesFrom(room.clock.now - 4000, 1, null), commitSubject: 'A new shelf' })
      .where(eq(deployments.id, id));
    await expectText('h1', 'A new shelf');
    await expectText('.steps .running', 'Install');
    const output = await states.output({ 'index.html': 100 });
    const deployment = await findDeployment(room.db, id);
    await states.point({ ...deployment!, manifest: output.manifest ?? null }, [
      'deployment',
      'branch',
      'production',
    ]);
    await move(id, 'activate', {
      ...output,
      phases: phasesFrom(room.clock.now - 4000, 1, 1, 1, 1),
    } as DeploymentChanges);
    await expectText('[data-region=said]', 'It was built and published');
    await expectText('.story', 'This is what production shows now.');
    await expectText('[data-region=output]', '1 file');
    expect(await tab.title()).toContain('Ready: A new shelf');
    expect(await tab.locator('link[rel=icon]').getAttribute('href')).toContain('icon-ready');
    expect(await tab.locator('.deployment-head button:visible').allInnerTexts()).toEqual(['Redeploy', 'Pin']);
    expect(await tab.evaluate('globalThis.isSame')).toBe(true);
  });

  it('lets the stopwatch of the step that runs go on', async () => {
    // The server's clock stands still, the browser's goes on: they must agree on "5.0 s".
    room.clock.now = Date.now();
    const startedAt = new Date(room.clock.now - 5000);
    const { id } = await states.make({
      status: 'building',
      finishedAt: null,
      startedAt,
      phases: phasesFrom(startedAt.getTime(), 1, null),
    });
    await open(id);
    const seconds = async () =>
      Number.parseFloat((await tab.locator('.steps .running .took').textContent()) ?? '');
    const first = await seconds();
    await expect.poll(seconds, SOON).toBeGreaterThan(first + 1);
  });

  it('shows on a deployment that another one took its place in production', async () => {
    const [one, two] = [await ready('The one'), await ready('The other')];
    await states.point(one, ['deployment', 'production']);
    await open(one.id);
    await expectText('.story', 'This is what production shows now.');
    await states.point(two, ['production']);
    await expectText('.story', 'production shows another deployment');
    await expectText('.hosts', 'The other');
    await tab.locator('text=Roll back to this').waitFor();
  });

  it('rolls back by keyboard alone: the question is read first, Escape takes it back, Enter does it', async () => {
    const [old, current] = [await ready('The old one'), await ready('The broken one')];
    await states.point(current, ['production']);
    await open(old.id);
    const keyboard = createKeyboard(tab);
    const focused = () => tab.evaluate('document.activeElement?.id || document.activeElement?.textContent');
    const button = tab.getByRole('button', { name: 'Roll back to this' });
    await keyboard.activate(button);
    const question = tab.getByRole('dialog', { name: 'Roll production back to this deployment?' });
    await question.waitFor();
    expect(await focused()).toBe('ask-roll-back');
    expect(await question.textContent()).toContain('now shows The broken one');
    await keyboard.press('Enter');
    expect(await question.isVisible()).toBe(true);
    await keyboard.press('Escape');
    expect(await question.isVisible()).toBe(false);
    expect(await focused()).toBe('ask-roll-back-button');
    await keyboard.press('Enter');
    await keyboard.tabTo(question.getByRole('button', { name: 'Roll back' }));
    await keyboard.press('Enter');
    await tab.locator('.notice.ready').waitFor();
    expect(await production()).toBe(old.id);
    // Loading it again must not say it again.
    await expect.poll(() => tab.url(), SOON).not.toContain('notice');
  });

  it('does nothing when production moved while the question was open, and says so', async () => {
    const [old, current, newer] = [await ready('Old'), await ready('Current'), await ready('Newer')];
    await states.point(current, ['production']);
    await open(old.id);
    await tab.click('text=Roll back to this');
    await states.point(newer, ['production']);
    await tab.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await tab.locator('.notice.failed').waitFor();
    await expectText('.notice.failed', 'Production has moved since you looked');
    expect(await production()).toBe(newer.id);
  });

  it('sends an action once, however often its button is pressed', async () => {
    const { id } = await ready('Again');
    await open(id);
    await tab.click('.deployment-head >> text=Redeploy');
    await tab.getByRole('dialog').getByRole('button', { name: 'Redeploy' }).dblclick();
    await tab.locator('.notice.ready').waitFor();
    const made = await room.db.select().from(deployments).where(eq(deployments.projectId, states.project.id));
    expect(made).toHaveLength(2);
  });

  it.each([360, 1440])(
    'has no barrier, and fits %i px, in each state, also with a question open',
    async (width) => {
      await tab.setViewportSize({ width, height: 900 });
      const long = 'an-endless-name-'.repeat(15);
      const output = await states.output({ [`${long}.js`]: 1e6, 'index.html': 10 });
      const rows = [
        await states.make({ status: 'queued', startedAt: null, finishedAt: null, phases: [] }),
        await states.make({
          status: 'building',
          finishedAt: null,
          phases: phasesFrom(room.clock.now - 9000, 1, null),
        }),
        await states.make({ status: 'failed', reason: 'build_failed', message: long }),
        await states.make({
          ...output,
          ref: long,
          environment: 'preview',
          commitSubject: long,
          commitAuthor: long,
        }),
        await states.make({ status: 'canceled' }),
      ];
      for (const { id } of rows) {
        await open(id);
        expect(await sidewaysPx(tab)).toBe(0);
        expect(await findBarriers(tab)).toEqual([]);
        const ask = tab.locator('.deployment-head > .actions > button').first();
        await ask.click();
        expect(await findBarriers(tab)).toEqual([]);
      }
      await tab.goto(`${tab.url().split('/deployments')[0]}/deployments/${rows[3]?.id}/files`);
      expect(await sidewaysPx(tab)).toBe(0);
      expect(await findBarriers(tab)).toEqual([]);
    },
  );

  it('leaves the browser its six connections, however many builds are open in the background', async () => {
    const { id } = await states.make({ status: 'building', finishedAt: null });
    const behind: Tab[] = [];
    for (let count = 0; count < 8; count += 1) {
      const hidden = await watched.context.newPage();
      await hidden.addInitScript(HIDDEN);
      await hidden.goto(`http://127.0.0.1:${room.server.port}/deployments/${id}`);
      behind.push(hidden);
    }
    await open(id);
    await expectText('.log-state', 'Live');
    // The first of them is turned to: its log comes too, though it asked for nothing before.
    await behind[0]?.evaluate(`(${SHOW})()`);
    await expect.poll(() => behind[0]?.locator('.log-state').textContent(), SOON).toContain('Live');
    for (const hidden of behind) await hidden.close();
  });

  it('works without JavaScript: asks, acts, and says how to see what is new', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await signIn(context);
    const { id } = await states.make({ status: 'queued', startedAt: null, finishedAt: null, phases: [] });
    await plain.goto(`http://127.0.0.1:${room.server.port}/deployments/${id}`);
    await plain.click('noscript >> a');
    await plain.click('.deployment-head >> text=Cancel');
    const question = plain.getByRole('dialog', { name: 'Cancel this deployment?' });
    await question.waitFor();
    await question.getByRole('button', { name: 'Let it run' }).click();
    expect(await question.isVisible()).toBe(false);
    await plain.click('.deployment-head >> text=Cancel');
    await question.getByRole('button', { name: 'Cancel the deployment' }).click();
    await plain.locator('.notice.ready').waitFor();
    expect((await findDeployment(room.db, id))?.status).toBe('canceled');
    expect(await plain.locator('noscript').count()).toBe(0);
    await context.close();
  });
});
