import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deployRef } from '../../actions/deploy-ref.ts';
import { listBranchesWithLatest } from '../../db/branch-listing.ts';
import { listLinesOfProject } from '../../db/deployment-lines.ts';
import { findProduction } from '../../db/project-listing.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { newDeploymentSchema } from '../../domain/project-requests.ts';
import type { AliasState } from '../../domain/words.ts';
import { mayDo } from '../../http/access.ts';
import { requesterOf } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { answerNoProject, findProjectOrAnswer } from './find-project.ts';
import { type Mistakes, mistakesOf, optionalLine, readForm } from '../form.ts';
import type { Html } from '../html.ts';
import type { Document } from '../layout.ts';
import { addPage, answerDocument } from '../page.ts';
import { type BranchLine, branchLineOf, renderBranchRow } from './branch-row.ts';
import { renderDeployForm } from './deploy-form.ts';
import { type DeploymentLine, deploymentLineOf, renderDeploymentRow } from '../parts/deployment-row.ts';
import type { FilledForm } from '../parts/field.ts';
import { renderProduction } from './production.ts';
import { type ProjectHead, projectHeadOf, renderProjectHeader } from '../parts/project-header.ts';
import { iconOf } from '../parts/status.ts';

const BRANCHES_SHOWN = 12;
/** Of a project whose branches are all asked for. */
const MAX_BRANCHES = 500;
const DEPLOYMENTS_SHOWN = 6;
const WRONG_FIELD = 422;
const CONFLICT = 409;

interface OverviewData {
  readonly project: ProjectHead & Pick<ProjectRow, 'gitUrl' | 'productionBranch' | 'holdProduction'>;
  readonly state: AliasState | null;
  readonly production: DeploymentLine | null;
  readonly branches: readonly BranchLine[];
  readonly hasMoreBranches: boolean;
  readonly latest: readonly DeploymentLine[];
  readonly mayDeploy: boolean;
}

const PATH = '/projects/:slug';

/** One project: what production serves, its branches, its last deployments, and the form that deploys. */
export function addProjectOverview(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addPage(
    app,
    {
      path: PATH,
      load: async (context) => loadOverview(context, context.req.param('slug'), dependencies),
      render: (data, now) => renderOverview(data, now, { typed: {}, mistakes: {} }),
    },
    dependencies,
  );
  app.post(`${PATH}/deployments`, async (context) =>
    deployAsAsked(context, context.req.param('slug'), dependencies),
  );
}

/** The form's answer: the new deployment, or the page again with what was wrong. */
async function deployAsAsked(
  context: Context<AppEnv>,
  slug: string,
  dependencies: DashboardDependencies,
): Promise<Response> {
  const project = await findProjectOrAnswer(context, slug, dependencies.db);
  if (project instanceof Response) return project;
  const typed = await readForm(context);
  const refuse = async (mistakes: Mistakes, status: 409 | 422) => {
    const data = await loadOverview(context, slug, dependencies);
    if (data instanceof Response) return data;
    return answerDocument(context, renderOverview(data, dependencies.now(), { typed, mistakes }), status);
  };
  const order = newDeploymentSchema.safeParse({ ref: optionalLine(typed['ref']) });
  if (!order.success) return refuse(mistakesOf(order.error), WRONG_FIELD);
  const requester = requesterOf(context.get('caller'));
  const result = await deployRef(project, order.data.ref, requester, dependencies);
  switch (result.outcome) {
    case 'deployed':
      return context.redirect(`/deployments/${result.deployment.id}`, 303);
    case 'project_not_found':
      return answerNoProject(context, slug);
    case 'overtaken':
      return refuse({ ref: OVERTAKEN }, CONFLICT);
    case 'no_repository':
    case 'repository_unreachable':
    case 'ref_not_found':
      return refuse({ ref: result.message }, WRONG_FIELD);
  }
}

const OVERTAKEN =
  'Other commits of this branch were asked for again and again while the repository was asked for the newest one: deploy again.';

async function loadOverview(
  context: Context<AppEnv>,
  slug: string,
  { db, domain, previewDays }: DashboardDependencies,
): Promise<OverviewData | Response> {
  const project = await findProjectOrAnswer(context, slug, db);
  if (project instanceof Response) return project;
  const maxBranches = context.req.query('branches') === 'all' ? MAX_BRANCHES : BRANCHES_SHOWN;
  const [production, branches, latest] = await Promise.all([
    findProduction(db, project.slug),
    listBranchesWithLatest(db, project, maxBranches + 1),
    listLinesOfProject(db, { projectId: project.id }, { after: undefined, limit: DEPLOYMENTS_SHOWN }),
  ]);
  const { gitUrl, productionBranch, holdProduction } = project;
  const bounds = { domain, previewDays: project.previewDays ?? previewDays };
  return {
    project: {
      ...projectHeadOf(project, domain, mayDo(context, 'manage')),
      gitUrl,
      productionBranch,
      holdProduction,
    },
    state: production.state,
    production: production.deployment && deploymentLineOf(production.deployment),
    branches: branches.slice(0, maxBranches).map((branch) => branchLineOf(branch, project, bounds)),
    hasMoreBranches: branches.length > maxBranches,
    latest: latest.map(deploymentLineOf),
    mayDeploy: mayDo(context, 'deploy'),
  };
}

function renderOverview(data: OverviewData, now: number, deployForm: FilledForm): Document {
  const { project, latest } = data;
  return {
    title: project.name,
    icon: latest[0] === undefined ? 'plain' : iconOf(latest[0].status),
    main: html`${renderProjectHeader(project, 'overview')}
      <div class="columns even">
        <section class="card production" data-region="production" aria-labelledby="production">
          ${renderProduction(data, now)}
        </section>
        ${data.mayDeploy ? renderDeploy(project, deployForm) : ''}
      </div>
      <section data-region="branches" aria-labelledby="branches">${renderBranches(data, now)}</section>
      <section data-region="deployments" aria-labelledby="latest">${renderLatest(data, now)}</section>`,
  };
}

function renderDeploy(project: OverviewData['project'], form: FilledForm): Html {
  return html`<section class="card" aria-labelledby="deploy">${renderDeployForm(project, form)}</section>`;
}

function renderBranches({ branches, hasMoreBranches, project }: OverviewData, now: number): Html | '' {
  if (branches.length === 0) return '';
  const all = html`<p class="more">
    <a href="/projects/${project.slug}?branches=all#branches">All branches</a>
  </p>`;
  return html`<h2 id="branches">Branches</h2>
    <ul class="branches card flush">
      ${branches.map((branch) => renderBranchRow(branch, now))}
    </ul>
    ${hasMoreBranches ? all : ''}`;
}

function renderLatest({ latest, project, state, production }: OverviewData, now: number): Html {
  const currentId = state === 'live' ? production?.id : undefined;
  if (latest.length === 0) {
    return html`<h2 id="latest">Deployments</h2>
      <p class="empty card">Nothing was deployed yet. What you deploy is listed here, with its log.</p>`;
  }
  return html`<h2 id="latest">Latest deployments</h2>
    <ul class="deployments card flush">
      ${latest.map((line) => renderDeploymentRow(line, now, { isCurrent: line.id === currentId }))}
    </ul>
    <p class="more"><a href="/projects/${project.slug}/deployments">All deployments</a></p>`;
}
