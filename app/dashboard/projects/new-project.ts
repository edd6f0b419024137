import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { createProject, type CreateProjectResult } from '../../actions/create-project.ts';
import { deployRef } from '../../actions/deploy-ref.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { newProjectSchema } from '../../domain/project-requests.ts';
import { requesterOf } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { type FormText, type Mistakes, mistakesOf, optionalLine, readForm } from '../form.ts';
import type { Html } from '../html.ts';
import { answerDocument } from '../page.ts';
import { renderBuildFields } from './build-fields.ts';
import { type FilledForm, renderField, renderRefusal } from '../parts/field.ts';
import { fillAgain, readBuildSettings } from './project-form.ts';

const BUILD_FIELDS = ['rootDirectory', 'installCommand', 'buildCommand', 'outputDirectory', 'nodeMajor'];
const WRONG_FIELD = 422;

/** A new project from a Git URL, deployed at once. */
export function addNewProjectPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  app.get('/new', (context) => answerForm(context, { typed: {}, mistakes: {} }));

  app.post('/new', async (context) => {
    const typed = await readForm(context);
    const order = newProjectSchema.safeParse(readOrder(typed));
    if (!order.success) return answerForm(context, fillAgain(typed, mistakesOf(order.error)));
    const created = await createProject(order.data, dependencies);
    if (created.outcome !== 'created') return answerForm(context, fillAgain(typed, mistakeOf(created)));
    return context.redirect(await deployFirst(created.project, context, dependencies), 303);
  });
}

function readOrder(typed: FormText): Record<string, unknown> {
  return {
    gitUrl: typed['gitUrl']?.trim() ?? '',
    name: optionalLine(typed['name']),
    productionBranch: optionalLine(typed['productionBranch']),
    settings: readBuildSettings(typed),
  };
}

type Refused = Exclude<CreateProjectResult, { readonly outcome: 'created' }>;

/** The field that is to blame. A slug can't be typed here: it is the name that has none left. */
function mistakeOf({ outcome, message }: Refused): Mistakes {
  switch (outcome) {
    case 'slug_taken':
      return { name: 'A hundred projects have this name already: choose another one.' };
    case 'ref_not_found':
      return { productionBranch: message };
    case 'git_url_invalid':
    case 'repository_unreachable':
      return { gitUrl: message };
  }
}

/** Where to go next: to the deployment, or to the project's page, where a person can ask for one again. */
async function deployFirst(
  project: ProjectRow,
  context: Context<AppEnv>,
  dependencies: DashboardDependencies,
): Promise<string> {
  const result = await deployRef(project, undefined, requesterOf(context.get('caller')), dependencies);
  return result.outcome === 'deployed' ? `/deployments/${result.deployment.id}` : `/projects/${project.slug}`;
}

function answerForm(context: Context, form: FilledForm): Response | Promise<Response> {
  const isRefused = Object.keys(form.mistakes).length > 0;
  return answerDocument(
    context,
    { title: 'New project', main: renderNewProject(form) },
    isRefused ? WRONG_FIELD : 200,
  );
}

function renderNewProject(form: FilledForm): Html {
  const isBuildTyped = BUILD_FIELDS.some((name) => form.typed[name] || form.mistakes[name]);
  return html`<section class="narrow">
    <h1>New project</h1>
    <p class="faint">
      Offshoot checks the repository out, builds it and serves it at a host of its own. What is left empty is
      detected.
    </p>
    ${renderRefusal(form, 'Nothing was created.')}
    <form method="post" action="/new" class="card">
      ${renderGitUrlField(form)}
      ${renderField(
        {
          name: 'name',
          label: 'Name',
          hint: 'It becomes part of the address. Empty: the name of the repository.',
        },
        form,
      )}
      ${renderField(
        {
          name: 'productionBranch',
          label: 'Production branch',
          hint: 'Empty: the default branch of the repository.',
          more: html`placeholder="main"`,
        },
        form,
      )}
      <details id="build" ${isBuildTyped ? html`open` : ''}>
        <summary>Build settings</summary>
        ${renderBuildFields(form)}
      </details>
      <button class="primary">Create and deploy</button>
    </form>
    <p class="faint">
      No repository? <code>npx offshoot deploy &lt;folder&gt;</code> uploads a folder as it is and creates its
      project.
    </p>
  </section>`;
}

/** The one field that has to be filled in. */
export function renderGitUrlField(form: FilledForm): Html {
  return renderField(
    {
      name: 'gitUrl',
      label: 'Git URL',
      hint: 'A private repository that the GitHub App was not given needs a user and token in it: they are kept encrypted and never shown.',
      more: html`inputmode="url" required placeholder="https://github.com/owner/repository"`,
    },
    form,
  );
}
