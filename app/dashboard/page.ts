import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { accessLeftMs, viewerOf } from '../http/access.ts';
import type { Caller } from '../http/caller.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { Pulse, Pulses } from '../logs/stores/pulses.ts';
import { type Document, pageHeaders, renderDocument } from './layout.ts';

type Handler<Path extends string> = Context<AppEnv, Path>;

/** One page: what it shows is read first and rendered then, so that a change of the former can be noticed. */
export interface Page<Path extends string, Data> {
  readonly path: Path;
  /** All that the page shows, as JSON can say it. A Response (a problem, a redirect) is answered as it is. */
  load(context: Handler<Path>): Promise<Data | Response>;
  /** `now` in epoch milliseconds. Pure. */
  render(data: Data, now: number): Omit<Document, 'live'>;
  /** The deployment whose hints wake the page; others look once a second. */
  deploymentOf?(data: Data): string;
}

export interface PageDependencies {
  readonly now: () => number;
  readonly pulses: Pulses;
}

/** Pages that are watched at once, in one app process. */
const MAX_WATCHED = 500;
const LIVE = '/live';
/** Reverse proxies end what is silent for a minute. */
const HEARTBEAT_MS = 20_000;
/** Then the browser connects again, and shows anew who it is: a session that has ended hears no more, nor a lost right. */
const MAX_WATCH_MS = 15 * 60_000;
const RECONNECT_MS = 1000;

/**
 * Serves a page, and at `/live/…` what tells whether it has changed since the version in the query: events, or the
 * present version to whoever asks for JSON.
 */
export function addPage<Path extends string, Data>(
  app: Hono<AppEnv>,
  page: Page<Path, Data>,
  dependencies: PageDependencies,
): void {
  app.get(page.path, async (context) => {
    const data = await page.load(context);
    if (data instanceof Response) return data;
    const document = page.render(data, dependencies.now());
    return answerDocument(context, { ...document, live: liveUrl(context, versionOf(data)) });
  });
  app.get(LIVE + page.path, async (context) => watch(context as Handler<Path>, page, dependencies));
}

export function answerDocument(
  context: Context,
  document: Document,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  const viewer = context.get('caller') as Caller | undefined;
  return context.html(renderDocument({ viewer, ...document }), status, pageHeaders(document));
}

function liveUrl(context: Context, version: string): string {
  const url = new URL(context.req.url);
  url.searchParams.set('version', version);
  return `${LIVE}${url.pathname === '/' ? '/' : url.pathname}${url.search}`;
}

async function watch<Path extends string, Data>(
  context: Handler<Path>,
  page: Page<Path, Data>,
  { pulses, now }: PageDependencies,
): Promise<Response> {
  const data = await page.load(context);
  if (data instanceof Response) return data;
  const takesEvents = context.req.header('accept')?.includes('text/event-stream') === true;
  if (!takesEvents) return context.json({ version: versionOf(data) });
  if (pulses.followers() >= MAX_WATCHED) {
    return problem(
      context,
      'unavailable',
      `${MAX_WATCHED} pages are watched already. Reload this one later.`,
    );
  }
  const maxWatchMs = Math.min(MAX_WATCH_MS, accessLeftMs(context, now()) ?? MAX_WATCH_MS);
  const pulse = pulses.follow(page.deploymentOf?.(data) ?? context.req.path);
  return streamChanges(context, page, pulse, maxWatchMs);
}

/** One event a change; what is shown is compared at the start too, so nothing is missed between two connections. */
function streamChanges<Path extends string, Data>(
  context: Handler<Path>,
  page: Page<Path, Data>,
  pulse: Pulse,
  maxWatchMs: number,
): Response {
  const abort = new AbortController();
  let seen = context.req.query('version') ?? '';
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => abort.abort());
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS);
    const end = setTimeout(() => abort.abort(), maxWatchMs);
    try {
      await stream.write(`retry: ${RECONNECT_MS}\n\n`);
      while (!abort.signal.aborted) {
        const beat = pulse.beat();
        // Everybody who watches the same page waits for the same look. A server that is away is asked again.
        const version = await pulse.share(keyOf(context), () => readVersion(page, context)).catch(() => seen);
        if (version !== seen) await stream.writeSSE({ event: 'changed', data: version });
        seen = version;
        await pulse.next(beat, abort.signal);
      }
    } finally {
      clearInterval(heartbeat);
      clearTimeout(end);
      pulse.leave();
    }
  });
}

/** What makes a page this one: its address without what the browser knew of it, and who is shown it. */
function keyOf(context: Context<AppEnv>): string {
  const url = new URL(context.req.url);
  url.searchParams.delete('version');
  return `${viewerOf(context)} ${url.pathname}${url.search}`;
}

/** A page that is gone has changed too: the browser asks for it again and is told. */
async function readVersion<Path extends string, Data>(
  page: Page<Path, Data>,
  context: Handler<Path>,
): Promise<string> {
  const data = await page.load(context);
  return data instanceof Response ? 'gone' : versionOf(data);
}

function versionOf(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 16);
}
