import type { Hono } from 'hono';
import { html } from 'hono/html';
import { siteUrl, type SiteDomain } from '../../../contracts/site-domain.ts';
import { StorageError } from '../../../storage/blob-store.ts';
import type { Database } from '../../db/database.ts';
import type { ListedDeployment } from '../../db/deployment-listing.ts';
import { findEarlierOutput } from '../../db/earlier-output.ts';
import { aliasNamesOf } from '../../domain/deployment-urls.ts';
import { diffFiles, type FileChange } from '../../domain/diff-files.ts';
import type { AppEnv } from '../../http/guards.ts';
import { renderChangeTable } from './deployment-output.ts';
import { findDeploymentOrAnswer } from './find-deployment.ts';
import { formatBytes, formatCount, formatNumber } from '../format.ts';
import type { Html } from '../html.ts';
import { answerDocument } from '../page.ts';
import { type OutputFiles, type Outputs } from './outputs.ts';
import { type DeploymentLine, deploymentLineOf, titleOf } from '../parts/deployment-row.ts';

export interface DeploymentFilesDependencies {
  readonly db: Database;
  readonly domain: SiteDomain;
  readonly outputs: Outputs;
}

const ROWS_A_PAGE = 200;
const MAX_QUERY_LENGTH = 200;

interface Asked {
  readonly show: 'files' | 'changes';
  /** Part of a path, in any case. */
  readonly query: string;
  /** From 1. */
  readonly page: number;
}

interface ShownFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

interface FilesData extends Asked {
  readonly line: DeploymentLine;
  readonly project: { readonly slug: string; readonly name: string };
  /** Where each file can be opened; null while nothing is served there. */
  readonly siteUrl: string | null;
  readonly fileCount: number;
  readonly earlier: DeploymentLine | null;
  /** Null when there is no output, or storage can't be read. */
  readonly found: {
    readonly count: number;
    /** What was asked for, or the last one. */
    readonly page: number;
    readonly files: readonly ShownFile[];
    readonly changes: readonly FileChange[];
  } | null;
}

/**
 * All files of a deployment, or all that is other than in the output before it, a page at a time. What was published
 * never changes, so nobody has to watch this page.
 */
export function addDeploymentFilesPage(app: Hono<AppEnv>, dependencies: DeploymentFilesDependencies): void {
  app.get('/deployments/:id/files', async (context) => {
    const listed = await findDeploymentOrAnswer(context, context.req.param('id'), dependencies.db);
    if (listed instanceof Response) return listed;
    const data = await readFiles(listed, readAsked(context.req.query()), dependencies);
    const title = `Files of ${titleOf(data.line)} · ${data.project.name}`;
    return answerDocument(context, { title, main: renderFiles(data) });
  });
}

function readAsked({ show, q, page }: Readonly<Record<string, string>>): Asked {
  return {
    show: show === 'changes' ? 'changes' : 'files',
    query: (q ?? '').trim().slice(0, MAX_QUERY_LENGTH),
    page: /^[1-9]\d{0,5}$/.test(page ?? '') ? Number(page) : 1,
  };
}

async function readFiles(
  { deployment, project }: ListedDeployment,
  asked: Asked,
  { db, domain, outputs }: DeploymentFilesDependencies,
): Promise<FilesData> {
  const earlier = await findEarlierOutput(db, deployment);
  const [own] = aliasNamesOf(deployment, project);
  return {
    ...asked,
    line: deploymentLineOf(deployment),
    project: { slug: project.slug, name: project.name },
    siteUrl: deployment.status === 'ready' && own !== undefined ? siteUrl(own.label, domain) : null,
    fileCount: deployment.fileCount ?? 0,
    earlier: earlier === undefined ? null : deploymentLineOf(earlier),
    found: await findFiles(deployment, earlier?.manifest ?? null, asked, outputs),
  };
}

async function findFiles(
  { projectId, manifest }: ListedDeployment['deployment'],
  earlierManifest: string | null,
  asked: Asked,
  outputs: Outputs,
): Promise<FilesData['found']> {
  if (manifest === null) return null;
  try {
    const files = await outputs.files({ projectId, manifest });
    if (asked.show === 'files') {
      const { rows, ...place } = pickRows(Object.keys(files), (path) => path, asked);
      return { ...place, files: rows.map((path) => describe(path, files)), changes: [] };
    }
    const before =
      earlierManifest === null ? files : await outputs.files({ projectId, manifest: earlierManifest });
    const { rows, ...place } = pickRows(diffFiles(before, files).changes, ({ path }) => path, asked);
    return { ...place, files: [], changes: rows };
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}

/** Manifests keep their paths sorted, and never change: a page number means the same rows for ever. */
function pickRows<Row>(all: readonly Row[], pathOf: (row: Row) => string, { query, ...asked }: Asked) {
  const wanted = query.toLowerCase();
  const fitting = wanted === '' ? all : all.filter((row) => pathOf(row).toLowerCase().includes(wanted));
  const count = fitting.length;
  const page = Math.max(1, Math.min(asked.page, pagesOf(count)));
  const start = (page - 1) * ROWS_A_PAGE;
  return { count, page, rows: fitting.slice(start, start + ROWS_A_PAGE) };
}

function pagesOf(count: number): number {
  return Math.ceil(count / ROWS_A_PAGE);
}

function describe(path: string, files: OutputFiles): ShownFile {
  const { sizeBytes = 0, contentType = '' } = files[path] ?? {};
  return { path, sizeBytes, contentType };
}

function renderFiles(data: FilesData): Html {
  const { line, project, show } = data;
  const path = `/deployments/${line.id}`;
  const tab = (name: string, tabShow: Asked['show'], query: string) =>
    html`<a href="${path}/files${query}" ${show === tabShow ? html`aria-current="page"` : ''}>${name}</a>`;
  return html`<nav class="crumbs" aria-label="Where you are">
      <a href="/">Projects</a> / <a href="/projects/${project.slug}">${project.name}</a> /
      <a href="${path}">${titleOf(line)}</a>
    </nav>
    <div class="head"><h1>Files</h1></div>
    <nav class="tabs" aria-label="Files">
      ${tab('All files', 'files', '')} ${tab('Changes', 'changes', '?show=changes')}
    </nav>
    ${renderSearch(data)} ${renderFound(data)}`;
}

function renderSearch({ line, show, query }: FilesData): Html {
  return html`<form class="filter" method="get" action="/deployments/${line.id}/files" role="search">
    ${show === 'changes' ? html`<input type="hidden" name="show" value="changes" />` : ''}
    <div>
      <label for="q">Part of a path</label>
      <input id="q" name="q" type="search" value="${query}" maxlength="${MAX_QUERY_LENGTH}" />
    </div>
    <button>Find</button>
  </form>`;
}

type Place = Pick<NonNullable<FilesData['found']>, 'count' | 'page'>;

function renderFound(data: FilesData): Html {
  const { found, show, query, earlier } = data;
  if (found === null) return html`<p class="empty card">${sayNothing(data)}</p>`;
  if (show === 'changes' && earlier === null)
    return html`<p class="empty card">
      This is the first output of ${data.line.ref}: there is none to compare it with.
    </p>`;
  if (found.count === 0)
    return html`<p class="empty card">
      ${query === '' ? 'There is none.' : `No path has “${query}” in it.`}
    </p>`;
  return html`<p class="faint">${renderRange(show, found)} ${renderAgainst(data)}</p>
    <div class="card wide">
      ${show === 'changes' ? renderChangeTable(found.changes) : renderFileTable(data, found.files)}
    </div>
    ${renderPages(data, found)}`;
}

function sayNothing({ line }: FilesData): string {
  if (line.status === 'ready')
    return 'Storage can’t be read at the moment. Nothing is lost: look again soon.';
  return 'This deployment has published nothing.';
}

function renderRange(show: Asked['show'], { count, page }: Place): string {
  const all = formatCount(count, show === 'changes' ? 'change' : 'file');
  if (count <= ROWS_A_PAGE) return all;
  const start = (page - 1) * ROWS_A_PAGE;
  return `${formatNumber(start + 1)} to ${formatNumber(Math.min(start + ROWS_A_PAGE, count))} of ${all}`;
}

function renderAgainst({ show, earlier }: FilesData): Html | '' {
  if (show === 'files' || earlier === null) return '';
  return html`against <a href="/deployments/${earlier.id}">${titleOf(earlier)}</a>`;
}

function renderFileTable({ siteUrl: site }: FilesData, files: readonly ShownFile[]): Html {
  return html`<table class="table files">
    <thead>
      <tr>
        <th scope="col">File</th>
        <th scope="col" class="type">Type</th>
        <th scope="col" class="number">Size</th>
      </tr>
    </thead>
    <tbody>
      ${files.map(
        ({ path, sizeBytes, contentType }) =>
          html`<tr>
            <td>${site === null ? path : html`<a href="${fileUrl(site, path)}">${path}</a>`}</td>
            <td class="faint type">${contentType.split(';')[0]}</td>
            <td class="number">${formatBytes(sizeBytes)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function fileUrl(site: string, path: string): string {
  return `${site}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

function renderPages({ line, show, query }: FilesData, { count, page }: Place): Html | '' {
  const pages = pagesOf(count);
  if (pages < 2) return '';
  const link = (to: number) => {
    const entries = {
      ...(show === 'changes' && { show }),
      ...(query !== '' && { q: query }),
      page: String(to),
    };
    return `/deployments/${line.id}/files?${new URLSearchParams(entries).toString()}`;
  };
  return html`<nav class="pages" aria-label="Pages">
    ${page > 1 ? html`<a class="button" rel="prev" href="${link(page - 1)}">Previous</a>` : ''}
    <span>Page ${page} of ${pages}</span>
    ${page < pages ? html`<a class="button" rel="next" href="${link(page + 1)}">Next</a>` : ''}
  </nav>`;
}
