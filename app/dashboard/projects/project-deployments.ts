import type { Hono } from 'hono';
import { html } from 'hono/html';
import { listBranchNames } from '../../db/branch-listing.ts';
import { listLinesOfProject } from '../../db/deployment-lines.ts';
import { findProduction } from '../../db/project-listing.ts';
import { branchSchema } from '../../domain/project-requests.ts';
import { DEPLOYMENT_STATUSES, type DeploymentStatus } from '../../domain/words.ts';
import { createdPosition, pageOf, parseCreatedCursor } from '../../http/cursor.ts';
import { mayDo } from '../../http/access.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { findProjectOrAnswer } from './find-project.ts';
import type { Html } from '../html.ts';
import { addPage } from '../page.ts';
import { type DeploymentLine, deploymentLineOf, renderDeploymentRow } from '../parts/deployment-row.ts';
import { type ProjectHead, projectHeadOf, renderProjectHeader } from '../parts/project-header.ts';
import { iconOf, wordsOf } from '../parts/status.ts';

const DEPLOYMENTS_A_PAGE = 25;
/** Offered while somebody types the name of a branch; any other can be typed too. */
const BRANCHES_OFFERED = 100;

interface Filter {
  readonly branch: string | undefined;
  readonly status: DeploymentStatus | undefined;
}

interface DeploymentsData {
  readonly project: ProjectHead;
  readonly filter: Filter;
  readonly isFirstPage: boolean;
  readonly branches: readonly string[];
  readonly lines: readonly DeploymentLine[];
  readonly next: string | null;
  /** What production serves now. */
  readonly currentId: string | null;
}

/** All deployments of a project, by branch and status. */
export function addProjectDeploymentsPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const { db, domain } = dependencies;
  addPage(
    app,
    {
      path: '/projects/:slug/deployments',
      load: async (context): Promise<DeploymentsData | Response> => {
        const project = await findProjectOrAnswer(context, context.req.param('slug'), db);
        if (project instanceof Response) return project;
        const filter = readFilter(context.req.query());
        const after = parseCreatedCursor(context.req.query('after') ?? '');
        const page = { after, limit: DEPLOYMENTS_A_PAGE + 1 };
        const [rows, branches, production] = await Promise.all([
          listLinesOfProject(db, { projectId: project.id, ...filter }, page),
          listBranchNames(db, project.id, BRANCHES_OFFERED),
          findProduction(db, project.slug),
        ]);
        const { items, next } = pageOf(rows, DEPLOYMENTS_A_PAGE, deploymentLineOf, createdPosition);
        const currentId = production.state === 'live' ? (production.deployment?.id ?? null) : null;
        const head = projectHeadOf(project, domain, mayDo(context, 'manage'));
        const isFirstPage = after === undefined;
        return { project: head, filter, isFirstPage, branches, lines: items, next, currentId };
      },
      render: (data, now) => ({
        title: `Deployments · ${data.project.name}`,
        icon: data.lines[0] === undefined ? 'plain' : iconOf(data.lines[0].status),
        main: html`${renderProjectHeader(data.project, 'deployments')} ${renderFilter(data)}
          <div data-region="deployments">${renderLines(data, now)}</div>`,
      }),
    },
    dependencies,
  );
}

/** What does not fit is left out: a form sends what was not chosen as empty text. */
function readFilter(query: Readonly<Record<string, string>>): Filter {
  return {
    branch: branchSchema.safeParse(query['branch']?.trim()).data,
    status: DEPLOYMENT_STATUSES.find((status) => status === query['status']),
  };
}

function renderFilter({ project, filter, branches }: DeploymentsData): Html {
  return html`<form class="filter" method="get" action="/projects/${project.slug}/deployments">
    <div>
      <label for="branch">Branch</label>
      <input id="branch" name="branch" list="branches" value="${filter.branch ?? ''}" placeholder="All" />
      <datalist id="branches">${branches.map((name) => html`<option value="${name}"></option>`)}</datalist>
    </div>
    <div>
      <label for="status">Status</label>
      <select id="status" name="status">
        <option value="">All</option>
        ${DEPLOYMENT_STATUSES.map(
          (status) =>
            html`<option value="${status}" ${status === filter.status ? html`selected` : ''}>
              ${wordsOf(status)}
            </option>`,
        )}
      </select>
    </div>
    <button>Show</button>
  </form>`;
}

function renderLines(data: DeploymentsData, now: number): Html {
  const { lines, currentId } = data;
  if (lines.length === 0) return renderNone(data);
  return html`<ul class="deployments card flush">
      ${lines.map((line) => renderDeploymentRow(line, now, { isCurrent: line.id === currentId }))}
    </ul>
    ${renderPages(data)}`;
}

function renderNone({ project, filter, isFirstPage }: DeploymentsData): Html {
  const path = `/projects/${project.slug}`;
  if (!isFirstPage || filter.branch !== undefined || filter.status !== undefined) {
    return html`<p class="empty card">
      No deployment fits. <a href="${path}/deployments">Show all deployments</a>
    </p>`;
  }
  return html`<p class="empty card">Nothing was deployed yet. <a href="${path}">Deploy it</a></p>`;
}

function renderPages({ project, filter, isFirstPage, next }: DeploymentsData): Html {
  const link = (after: string | undefined) => {
    const query = Object.entries({ ...filter, after }).filter((entry) => entry[1] !== undefined);
    return `/projects/${project.slug}/deployments?${new URLSearchParams(query as [string, string][]).toString()}`;
  };
  return html`<nav class="pages" aria-label="Pages">
    ${isFirstPage ? '' : html`<a class="button" href="${link(undefined)}">Newest</a>`}
    ${next === null ? '' : html`<a class="button" href="${link(next)}">Older</a>`}
  </nav>`;
}
