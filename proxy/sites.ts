import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pointer, Served } from '../contracts/alias.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { Blobs } from './blobs.ts';
import { isHashedName } from './cache-policy.ts';
import { Manifests } from './manifests.ts';
import { methodNotAllowedPage, notFoundPage, statePage, unknownHostPage } from './pages.ts';
import { planFile } from './plan-file.ts';
import { Pointers } from './pointers.ts';
import { type Intent, resolve, type SiteFiles, type SiteRequest } from './resolve.ts';
import { respondFile, respondPage } from './respond.ts';
import { type Soon, soon } from './soon.ts';

export interface SitesDependencies {
  readonly store: Pick<BlobStore, 'read' | 'open'>;
  /** The domain as people type it, for pages. */
  readonly shownDomain: string;
  /** Memory for the bytes of small files. */
  readonly cacheBytes: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** A request for a site, parsed. */
export interface Visit {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly host: string;
  readonly label: string;
  readonly path: string;
  readonly query: string;
}

/** Answers visits from storage: host → pointer → manifest → resolve → file. Throws StorageError. */
export class Sites {
  readonly #shownDomain: string;
  readonly #pointers: Pointers;
  readonly #manifests: Manifests;
  readonly #blobs: Blobs;

  constructor({ store, shownDomain, cacheBytes, now }: SitesDependencies) {
    this.#shownDomain = shownDomain;
    this.#pointers = new Pointers(store, now);
    this.#manifests = new Manifests(store);
    this.#blobs = new Blobs(store, cacheBytes);
  }

  answer(visit: Visit): Soon<Response> {
    return soon(this.#pointers.get(visit.label), (pointer) => {
      if (pointer === null) return respondPage(unknownHostPage(visit.host, this.#shownDomain));
      const { target } = pointer;
      if (target.state !== 'live') return respondPage(statePage(target, visit.host));
      return soon(this.#manifests.get(pointer.projectId, target.live.manifest), (files) =>
        soon(this.#decide(visit, pointer, files, target.recent), (intent) =>
          this.#act(intent, visit, pointer),
        ),
      );
    });
  }

  /** A page of an older deployment may still ask for its assets: they are looked for where they were. */
  #decide(visit: Visit, pointer: Pointer, files: SiteFiles, recent: readonly Served[]): Soon<Intent> {
    const intent = resolve(siteRequestOf(visit), files);
    const isMissing = intent.kind === 'not-found' || (intent.kind === 'file' && intent.path !== visit.path);
    if (recent.length === 0 || !isMissing || !isHashedName(visit.path)) return intent;
    return this.#findRecent(visit.path, pointer, recent, intent);
  }

  async #findRecent(
    path: string,
    pointer: Pointer,
    recent: readonly Served[],
    otherwise: Intent,
  ): Promise<Intent> {
    for (const { manifest } of recent) {
      const file = (await this.#manifests.get(pointer.projectId, manifest)).get(path);
      if (file !== undefined) return { kind: 'file', status: 200, path, file };
    }
    return otherwise;
  }

  #act(
    intent: Intent,
    { incoming, outgoing, host }: Visit,
    { projectId, indexable }: Pointer,
  ): Soon<Response> {
    switch (intent.kind) {
      case 'method-not-allowed':
        return respondPage(methodNotAllowedPage());
      case 'not-found':
        return respondPage(notFoundPage(host));
      case 'redirect':
        return redirect(intent.status, intent.location, indexable);
      case 'file': {
        const method = incoming.method ?? '';
        const plan = planFile(intent, method, incoming.headers);
        addSiteHeaders(plan.headers, indexable);
        return respondFile(plan, { blobs: this.#blobs, projectId, file: intent.file, method, outgoing });
      }
    }
  }
}

function siteRequestOf({ incoming, path, query }: Visit): SiteRequest {
  const { method = '', headers } = incoming;
  const fetchMode = headers['sec-fetch-mode'];
  return { method, path, query, accept: headers.accept, fetchMode: fetchMode?.toString() };
}

function addSiteHeaders(headers: Record<string, string>, indexable: boolean): void {
  headers['x-content-type-options'] = 'nosniff';
  if (!indexable) headers['x-robots-tag'] = 'noindex';
}

/** Not kept: the next deployment may have another file at this address. */
function redirect(status: number, location: string, indexable: boolean): Response {
  const headers: Record<string, string> = { location, 'cache-control': 'no-store', 'content-length': '0' };
  addSiteHeaders(headers, indexable);
  return new Response(null, { status, headers });
}
