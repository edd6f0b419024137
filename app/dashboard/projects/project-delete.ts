import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deleteProject } from '../../actions/delete-project.ts';
import type { ProjectRow } from '../../db/projects.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { answerNoProject, findProjectOrAnswer } from './find-project.ts';
import { readForm } from '../form.ts';
import type { Html } from '../html.ts';
import { answerDocument } from '../page.ts';
import { type FilledForm, renderField } from '../parts/field.ts';
import { hostOf } from './project-card.ts';
import { projectHeadOf } from '../parts/project-header.ts';

const WRONG_FIELD = 422;

/** Deletes a project, once its name was typed: nobody does that by a slip. */
export function addProjectDeletePage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const path = '/projects/:slug/delete';

  app.get(path, async (context) => {
    const project = await findProjectOrAnswer(context, context.req.param('slug'), dependencies.db);
    if (project instanceof Response) return project;
    return answerQuestion(context, project, { typed: {}, mistakes: {} }, dependencies);
  });

  app.post(path, async (context) => {
    const project = await findProjectOrAnswer(context, context.req.param('slug'), dependencies.db);
    if (project instanceof Response) return project;
    const typed = await readForm(context);
    if (!isNameOf(project, typed['name'] ?? '')) {
      const mistakes = { name: 'This is not its name. Nothing was deleted.' };
      return answerQuestion(context, project, { typed, mistakes }, dependencies);
    }
    const { outcome } = await deleteProject(project.slug, dependencies);
    if (outcome === 'not_found') return answerNoProject(context, project.slug);
    return context.redirect(`/?deleted=${project.slug}`, 303);
  });
}

/** A name may hold what no keyboard has: the slug does as well. */
function isNameOf({ name, slug }: ProjectRow, typed: string): boolean {
  return [name, slug].some((known) => known.normalize() === typed.trim().normalize());
}

function answerQuestion(
  context: Context,
  project: ProjectRow,
  form: FilledForm,
  { domain }: DashboardDependencies,
): Response | Promise<Response> {
  const isRefused = form.mistakes['name'] !== undefined;
  const main = renderQuestion(project, hostOf(projectHeadOf(project, domain).url), form);
  const document = { title: `Delete ${project.name}`, main };
  return answerDocument(context, document, isRefused ? WRONG_FIELD : 200);
}

function renderQuestion({ slug, name }: ProjectRow, host: string, form: FilledForm): Html {
  return html`<section class="narrow">
    <nav class="crumbs" aria-label="Where you are">
      <a href="/">Projects</a> / <a href="/projects/${slug}">${slug}</a> / Delete
    </nav>
    <h1>Delete ${name}?</h1>
    <p>This is final. From now on:</p>
    <ul>
      <li><code>${host}</code> and the addresses of its branches and deployments serve nothing,</li>
      <li>builds of it that run are stopped,</li>
      <li>its deployments, files, logs, environment variables, deploy hooks and webhooks are removed.</li>
    </ul>
    <form method="post" action="/projects/${slug}/delete" class="card">
      ${renderField(
        {
          name: 'name',
          label: 'Its name',
          hint: html`Type <b>${name}</b> to confirm.`,
          more: html`required`,
        },
        form,
      )}
      <div class="actions">
        <button class="primary danger">Delete this project</button>
        <a class="button" href="/projects/${slug}/settings">Keep it</a>
      </div>
    </form>
  </section>`;
}
