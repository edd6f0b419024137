import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { createAssetRoutes } from '../app/dashboard/assets.ts';
import { addLogPage } from '../app/dashboard/log/log-page.ts';
import { createPulses } from '../app/logs/stores/pulses.ts';
import type { LogLine } from '../contracts/log-line.ts';
import { launchChromium } from '../test/support/chromium.ts';
import { type LogApp, startLogApp } from '../test/support/log-app.ts';
import { openTestServers } from '../test/support/test-servers.ts';

const LINES = 200_000;
const BATCH_LINES = 10_000;
const SCROLL_MS = 8000;
/** As a quick hand turns a wheel. */
const WHEEL_PX_PER_SECOND = 4000;
const LOAD_TIMEOUT_MS = 300_000;
const VIEWPORT = { width: 1440, height: 900 };
/** A frame that came later than this missed its turn at 60 a second. */
const ON_TIME_MS = 25;
const SHORT_FRAME_MS = 16.75;

/**
 * What somebody sees who opens a finished log of 200,000 lines, in headless Chromium: how long it loads and the longest
 * time that the page stands still meanwhile, then frames while it is scrolled, by the wheel (input events of the
 * browser, so that its compositor takes part) and from one end to the other as the scroll bar is dragged, where every
 * frame shows other lines. The peer in the same run: a page that puts every line into the document.
 */
export default async function benchLogViewer(): Promise<Record<string, number>> {
  const servers = await openTestServers();
  const app = await startApp(await servers.postgresUrl(), await servers.clickHouseUrl());
  try {
    const id = await insertLog(app);
    const ours = await measure(`${app.url}/deployments/${id}/log`, OURS);
    const naive = await measure(`${app.url}/naive/${id}`, NAIVE);
    return {
      lines: LINES,
      ...ours,
      ...Object.fromEntries(
        Object.entries(naive).map(([key, figure]) => [`naive${capitalize(key)}`, figure]),
      ),
      timesNaiveLoad: (naive['loadMs'] ?? 0) / (ours['loadMs'] ?? 1),
      timesNaiveStandstill: (naive['loadStandstillMs'] ?? 0) / (ours['loadStandstillMs'] ?? 1),
      timesNaiveMemory: (naive['rendererMemoryMb'] ?? 0) / (ours['rendererMemoryMb'] ?? 1),
    };
  } finally {
    await app.close();
    await servers.stop();
  }
}

/** What the page says of itself, in words that run in it. */
interface Viewer {
  readonly scroller: string;
  readonly isLoaded: string;
}
const OURS: Viewer = {
  scroller: '.log-scroll',
  isLoaded: `document.querySelector('[data-log-part="state"]').textContent.includes('complete')`,
};
const NAIVE: Viewer = { scroller: '#log', isLoaded: 'window.isLoaded === true' };

/** Each line an element, and the end kept in view, chunk by chunk as they come: the obvious way. */
const NAIVE_PAGE = (id: string): string => `<!doctype html><meta charset="utf-8">
<style>#log { height: 800px; overflow: auto; font: 13px/20px monospace; white-space: pre }</style>
<div id="log"></div>
<script type="module">
  const log = document.querySelector('#log');
  const answer = await fetch('/logs/${id}?format=ndjson');
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\\n');
    rest = lines.pop();
    for (const line of lines) {
      const row = document.createElement('div');
      row.textContent = JSON.parse(line).text;
      log.append(row);
    }
    log.scrollTop = log.scrollHeight;
  }
  window.isLoaded = true;
</script>`;

async function startApp(databaseUrl: string, clickHouseUrl: string): Promise<LogApp> {
  return startLogApp({ databaseUrl, clickHouseUrl }, (app, parts) => {
    app.route('/', createAssetRoutes());
    addLogPage(app, { ...parts, pulses: createPulses(parts.hints), now: Date.now });
    app.get('/naive/:id', (context) => context.html(NAIVE_PAGE(context.req.param('id'))));
  });
}

async function insertLog(app: LogApp): Promise<string> {
  const id = await app.insertDeployment();
  for (let start = 1; start <= LINES; start += BATCH_LINES) {
    const lines = Array.from({ length: BATCH_LINES }, (_, index) => makeLine(start + index));
    await app.store.append({ deploymentId: id, attempt: 1 }, lines);
  }
  await app.end(id, { status: 'ready' }, LINES);
  return id;
}

/** About 90 characters, some of them in colour: what bundlers and test runners print. */
function makeLine(seq: number): LogLine {
  const text = `[${seq}] \u001b[32m✓\u001b[39m src/modules/feature-${seq % 977}/component-${seq % 31}.tsx \u001b[2m${seq % 400} ms\u001b[22m ${'·'.repeat(seq % 40)}`;
  return {
    seq,
    at: 1_760_000_000_000 + seq,
    phase: seq < 2000 ? 'install' : 'build',
    stream: 'stdout',
    text,
  };
}

async function measure(url: string, viewer: Viewer): Promise<Record<string, number>> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: VIEWPORT });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const figures: Record<string, number> = {};
    const note = (more: Record<string, number>): void => {
      Object.assign(figures, more);
      console.log(viewer === OURS ? 'viewer' : 'naive', more);
    };
    note(await measureLoad(page, url, viewer));
    note(await measureMemory(browser, session));
    note(await measureScroll('wheel', { page, session }, () => turnWheel(session)));
    note(await measureScroll('drag', { page, session }, () => dragScrollBar(page, viewer)));
    if (viewer === OURS) note(await measureSearch(page));
    return figures;
  } finally {
    await browser.close();
  }
}

async function measureLoad(page: Page, url: string, { isLoaded }: Viewer): Promise<Record<string, number>> {
  await page.addInitScript(RECORD_FRAMES);
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  while (!(await page.evaluate<boolean>(`Boolean(document.readyState !== 'loading' && ${isLoaded})`))) {
    if (performance.now() - startedAt > LOAD_TIMEOUT_MS) throw new Error(`${url} did not load`);
    await sleep(10);
  }
  const loadMs = performance.now() - startedAt;
  return { loadMs, loadStandstillMs: Math.max(...(await takeFrames(page))) };
}

/** Milliseconds between frames since it was asked last. */
const RECORD_FRAMES = `{
  window.frames_ = [];
  let last;
  const record = (now) => {
    if (last !== undefined) window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(record);
  };
  requestAnimationFrame(record);
}`;

async function takeFrames(page: Page): Promise<number[]> {
  return page.evaluate<number[]>('window.frames_.splice(0)');
}

/**
 * Frames while it is scrolled, and what one of them takes of the page's main thread: processor time, which says the
 * same when the machine has other work.
 */
async function measureScroll(
  name: string,
  { page, session }: { readonly page: Page; readonly session: CDPSession },
  scroll: () => Promise<void>,
): Promise<Record<string, number>> {
  await sleep(1000);
  await takeFrames(page);
  const before = await readMetrics(session);
  await scroll();
  const frames = await takeFrames(page);
  const after = await readMetrics(session);
  const taskMs = ((after('TaskDuration') - before('TaskDuration')) * 1000) / frames.length;
  return { ...summarize(name, frames), [`${name}MainThreadMsPerFrame`]: taskMs };
}

/** Durations are processor time of the page's thread, in seconds. */
async function readMetrics(session: CDPSession): Promise<(name: string) => number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (name) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
}

async function turnWheel(session: CDPSession): Promise<void> {
  await session.send('Input.synthesizeScrollGesture', {
    x: VIEWPORT.width / 2,
    y: VIEWPORT.height / 2,
    yDistance: (WHEEL_PX_PER_SECOND * SCROLL_MS) / 1000,
    speed: WHEEL_PX_PER_SECOND,
    gestureSourceType: 'mouse',
  });
}

async function dragScrollBar(page: Page, { scroller }: Viewer): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const log = document.querySelector('${scroller}');
    const start = performance.now();
    const step = (now) => {
      const share = Math.min(1, (now - start) / ${SCROLL_MS});
      log.scrollTop = (1 - share) * (log.scrollHeight - log.clientHeight);
      if (share < 1) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  })`);
}

function summarize(name: string, frames: readonly number[]): Record<string, number> {
  const share = (limitMs: number): number => frames.filter((ms) => ms < limitMs).length / frames.length;
  return {
    [`${name}FrameP50Ms`]: percentile(frames, 0.5),
    [`${name}FrameP95Ms`]: percentile(frames, 0.95),
    [`${name}FrameWorstMs`]: percentile(frames, 1),
    [`${name}ShareUnder16_7Ms`]: share(SHORT_FRAME_MS),
    [`${name}ShareOnTime`]: share(ON_TIME_MS),
  };
}

/** Of the page's scripts after a collection, and of its process: what a document takes is not the scripts'. */
async function measureMemory(browser: Browser, session: CDPSession): Promise<Record<string, number>> {
  await session.send('HeapProfiler.collectGarbage');
  const metric = await readMetrics(session);
  const own = await browser.newBrowserCDPSession();
  const { processInfo } = await own.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => anonymousBytes(id));
  return {
    jsHeapMb: metric('JSHeapUsedSize') / 1e6,
    documentNodes: metric('Nodes'),
    rendererMemoryMb: Math.max(...(await Promise.all(renderers))) / 1e6,
  };
}

async function anonymousBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** From the last letter typed to the count of all hits. */
async function measureSearch(page: Page): Promise<Record<string, number>> {
  await page.locator('input[name="query"]').fill('component-7.tsx');
  const startedAt = performance.now();
  await page.locator('output', { hasText: / of 6,/ }).waitFor();
  return { searchMs: performance.now() - startedAt };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
