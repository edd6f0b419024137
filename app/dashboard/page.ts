import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { Pulses } from '../logs/stores/pulses.ts';
import { type Document, PAGE_HEADERS, renderDocument } from './layout.ts';

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

/** Serves a page, and at `/live/…` the events that tell when it has changed. */
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
  return context.html(renderDocument(document), status, PAGE_HEADERS);
}

function liveUrl(context: Context, version: string): string {
  const url = new URL(context.req.url);
  url.searchParams.set('version', version);
  return `${LIVE}${url.pathname === '/' ? '/' : url.pathname}${url.search}`;
}

async function watch<Path extends string, Data>(
  context: Handler<Path>,
  page: Page<Path, Data>,
  { pulses }: PageDependencies,
): Promise<Response> {
  const data = await page.load(context);
  if (data instanceof Response) return data;
  if (pulses.followers() >= MAX_WATCHED) {
    return problem(
      context,
      'unavailable',
      `${MAX_WATCHED} pages are watched already. Reload this one later.`,
    );
  }
  const pulse = pulses.follow(page.deploymentOf?.(data) ?? context.req.path);
  const abort = new AbortController();
  let seen = context.req.header('last-event-id') ?? context.req.query('version') ?? '';
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => abort.abort());
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS);
    try {
      while (!abort.signal.aborted) {
        const beat = pulse.beat();
        const version = await readVersion(page, context);
        if (version !== seen) await stream.writeSSE({ event: 'changed', id: version, data: '' });
        seen = version;
        await pulse.next(beat, abort.signal);
      }
    } finally {
      clearInterval(heartbeat);
      pulse.leave();
    }
  });
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
