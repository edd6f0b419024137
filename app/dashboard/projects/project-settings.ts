import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { updateProject } from '../../actions/update-project.ts';
import { findRepository } from '../../db/github-repositories.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { projectChangesSchema } from '../../domain/project-requests.ts';
import { isAdministrator } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { answerNoProject, findProjectOrAnswer } from './find-project.ts';
import { type FormText, mistakesOf, optionalLine, optionalNumber, readForm } from '../form.ts';
import type { Html } from '../html.ts';
import { answerDocument } from '../page.ts';
import type { FilledForm } from '../parts/field.ts';
import { projectHeadOf, renderProjectHeader } from '../parts/project-header.ts';
import { renderSettingsForm } from './settings-form.ts';
import { fillAgain, readBuildSettings, typeBuildSettings } from './project-form.ts';

const WRONG_FIELD = 422;

/** What may be changed of a project, and the way to its deletion. */
export function addProjectSettingsPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const path = '/projects/:slug/settings';

  app.get(path, async (context) => {
    const project = await findProjectOrAnswer(context, context.req.param('slug'), dependencies.db);
    if (project instanceof Response) return project;
    return answerSettings(context, project, { typed: typeSettings(project), mistakes: {} }, dependencies);
  });

  app.post(path, async (context) => {
    const project = await findProjectOrAnswer(context, context.req.param('slug'), dependencies.db);
    if (project instanceof Response) return project;
    const typed = await readForm(context);
    const order = projectChangesSchema.safeParse(
      readChanges(typed, project, isAdministrator(context.get('caller'))),
    );
    const refuse = (form: FilledForm) => answerSettings(context, project, form, dependencies);
    if (!order.success) return refuse(fillAgain(typed, mistakesOf(order.error)));
    const result = await updateProject(project.slug, order.data, dependencies);
    if (result.outcome === 'not_found') return answerNoProject(context, project.slug);
    if (result.outcome !== 'updated') return refuse(fillAgain(typed, { gitUrl: result.message }));
    return context.redirect(`/projects/${project.slug}/settings?saved=yes`, 303);
  });
}

/** What the form says of the project as it is. */
function typeSettings(project: ProjectRow): FormText {
  return {
    name: project.name,
    gitUrl: project.gitUrl ?? '',
    productionBranch: project.productionBranch,
    ...typeBuildSettings(project.settings),
    ...(project.holdProduction ? { holdProduction: 'yes' } : {}),
    ...(project.cancelRunning ? { cancelRunning: 'yes' } : {}),
    keepPerBranch: project.keepPerBranch?.toString(),
    previewDays: project.previewDays?.toString(),
  };
}

function readChanges(
  typed: FormText,
  project: ProjectRow,
  mayChangeRepository: boolean,
): Record<string, unknown> {
  return {
    name: typed['name'] ?? '',
    ...(mayChangeRepository ? readGitUrl(typed, project) : {}),
    productionBranch: typed['productionBranch']?.trim() ?? '',
    settings: readBuildSettings(typed),
    holdProduction: typed['holdProduction'] !== undefined,
    cancelRunning: typed['cancelRunning'] !== undefined,
    keepPerBranch: optionalNumber(typed['keepPerBranch']) ?? null,
    previewDays: optionalNumber(typed['previewDays']) ?? null,
  };
}

/**
 * Only a Git URL that somebody changed: the field shows it without its credentials, and to send it back as it was
 * would forget them. A project of uploaded folders may go on without one.
 */
function readGitUrl(typed: FormText, project: ProjectRow): { gitUrl?: string } {
  const gitUrl = optionalLine(typed['gitUrl']) ?? '';
  const isForgetting = typed['forgetCredentials'] !== undefined && project.gitCredentials !== null;
  return gitUrl === (project.gitUrl ?? '') && !isForgetting ? {} : { gitUrl };
}

async function answerSettings(
  context: Context<AppEnv>,
  project: ProjectRow,
  form: FilledForm,
  dependencies: DashboardDependencies,
): Promise<Response> {
  const isRefused = Object.keys(form.mistakes).length > 0;
  const isSaved = !isRefused && context.req.query('saved') !== undefined;
  const { keepPerBranch, previewDays } = dependencies;
  const isRepositoryFixed = !isAdministrator(context.get('caller'));
  const options = { keepPerBranch, previewDays, isRepositoryFixed };
  const main = html`${renderProjectHeader(projectHeadOf(project, dependencies.domain), 'settings')}
  ${isSaved ? SAVED : ''} ${renderSettingsForm(project, form, options)}
  ${renderGithub(isRepositoryFixed ? undefined : await findFullName(project, dependencies))}
  ${renderDanger(project)}`;
  const document = { title: `Settings · ${project.name}`, main };
  return answerDocument(context, document, isRefused ? WRONG_FIELD : 200);
}

const SAVED = html`<p class="notice ready" role="status">
  Saved. What is about builds takes effect with the next deployment.
</p>`;

async function findFullName(
  { repositoryId }: ProjectRow,
  { db }: DashboardDependencies,
): Promise<string | undefined> {
  return repositoryId === null ? undefined : (await findRepository(db, repositoryId))?.fullName;
}

/** Where somebody looks when a push was not deployed. */
function renderGithub(repository: string | undefined): Html | '' {
  if (repository === undefined) return '';
  const query = new URLSearchParams({ repository }).toString();
  return html`<section class="card form">
    <h2>Webhooks of GitHub</h2>
    <p class="faint">What <bdi>${repository}</bdi> told Offshoot, what was decided about it, and why.</p>
    <p><a class="button" href="/github/deliveries?${query}">See webhooks</a></p>
  </section>`;
}

function renderDanger({ slug }: ProjectRow): Html {
  return html`<section class="card form">
    <h2>Delete this project</h2>
    <p class="faint">
      Its sites stop being served; its deployments, files and logs are removed. There is no way back.
    </p>
    <p><a class="button danger" href="/projects/${slug}/delete">Delete…</a></p>
  </section>`;
}
