import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type BlobStore, StorageError } from '../storage/blob-store.ts';
import { readHost } from './host.ts';
import { badRequestPage, internalErrorPage, ownPage, unavailablePage, unknownHostPage } from './pages.ts';
import { respondPage } from './respond.ts';
import { Sites } from './sites.ts';
import { type Soon } from './soon.ts';
import { parseTarget } from './target.ts';

export interface ProxyDependencies {
  readonly store: Pick<BlobStore, 'read' | 'open'>;
  /** The domain below which sites are: its name, and how people type it (with a port, where it has one). */
  readonly domain: { readonly host: string; readonly shown: string };
  /** Memory for the bytes of small files. */
  readonly cacheBytes: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Tells the operator what went wrong. */
  readonly onError: (error: unknown) => void;
}

/**
 * The proxy as a Hono app for @hono/node-server. Host and path are read from Node's raw request, not from the one
 * that the adapter has normalised: they decide whose bytes a visitor may see.
 */
export function createProxy(dependencies: ProxyDependencies): Hono<{ Bindings: HttpBindings }> {
  const { domain, onError } = dependencies;
  const sites = new Sites({ ...dependencies, shownDomain: domain.shown });
  const app = new Hono<{ Bindings: HttpBindings }>({ getPath: () => '/' });
  app.all('/', ({ env }) => answer(env, sites, domain));
  app.onError((error) => {
    onError(error);
    return respondPage(error instanceof StorageError ? unavailablePage() : internalErrorPage());
  });
  return app;
}

function answer(
  { incoming, outgoing }: HttpBindings,
  sites: Sites,
  domain: ProxyDependencies['domain'],
): Soon<Response> {
  const { url = '' } = incoming;
  const host = readHost(incoming.rawHeaders, url, domain.host);
  if (host.kind === 'malformed') return respondPage(badRequestPage(400, host.message));
  const target = parseTarget(url);
  if (!target.ok) return respondPage(badRequestPage(target.status, target.message));
  if (host.kind === 'foreign') return respondPage(unknownHostPage(host.host, domain.shown));
  if (host.kind === 'own') return answerOwn(target.path, domain.shown);
  const { path, query } = target;
  return sites.answer({ incoming, outgoing, host: host.host, label: host.label, path, query });
}

function answerOwn(path: string, domain: string): Response {
  if (path !== 'healthz') return respondPage(ownPage(domain));
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return new Response('ok\n', { headers });
}
