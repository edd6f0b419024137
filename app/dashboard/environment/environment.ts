import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deleteEnvironmentVariable } from '../../actions/delete-environment-variable.ts';
import {
  setEnvironmentVariables,
  type SetEnvironmentVariablesOrder,
} from '../../actions/set-environment-variables.ts';
import type { ProjectRow } from '../../db/projects.ts';
import {
  newVariableSchema,
  parseEnvFile,
  variableImportSchema,
  variableNameSchema,
} from '../../domain/environment-variable-requests.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { type FormText, type Mistakes, mistakesOf } from '../form.ts';
import { addPage, answerDocument } from '../page.ts';
import type { FilledForm } from '../parts/field.ts';
import { renderProjectHeader } from '../parts/project-header.ts';
import { answerNoProject, findProjectOrAnswer } from '../projects/find-project.ts';
import { addProjectPost } from '../projects/project-posts.ts';
import { type EnvironmentData, loadEnvironment } from './environment-data.ts';
import { environmentPath, renderEnvironmentNotice } from './environment-notice.ts';
import { IMPORT_PREFIX, renderImportForm, renderVariableForm } from './variable-forms.ts';
import { renderVariableList } from './variable-list.ts';
import { readPlace } from './variable-place.ts';

const WRONG_FIELD = 422;
const PATH = '/projects/:slug/environment';
const EMPTY: FilledForm = { typed: {}, mistakes: {} };

interface Forms {
  readonly variable: FilledForm;
  readonly file: FilledForm;
}

/** What builds of a project are told besides its files. */
export function addEnvironmentPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const page = {
    path: PATH,
    load: async (context: Context): Promise<EnvironmentData | Response> => {
      const project = await findProjectOrAnswer(context, context.req.param('slug') ?? '', dependencies.db);
      if (project instanceof Response) return project;
      const { notice, replace } = context.req.query();
      return loadEnvironment(project, { notice, replace }, dependencies);
    },
    render: (data: EnvironmentData, now: number) => documentOf(data, { variable: EMPTY, file: EMPTY }, now),
  };
  addPage(app, page, dependencies);
  addVariableForm(app, dependencies);
  addImportForm(app, dependencies);
  addDeleteForm(app, dependencies);
}

function documentOf(data: EnvironmentData, { variable, file }: Forms, now: number) {
  return {
    title: `Environment · ${data.head.name}`,
    main: html`${renderProjectHeader(data.head, 'environment')} ${renderEnvironmentNotice(data.notice)}
      <div class="narrower">
        <section aria-labelledby="variables">
          <h2 id="variables">Environment variables</h2>
          <p class="faint">
            What builds are told besides the repository’s files: keys, addresses, switches. Values are masked
            in logs, and no build of a fork gets them.
          </p>
          <div data-region="variables">${renderVariableList(data, now)}</div>
          ${renderVariableForm(data, variable)} ${renderImportForm(data, file)}
        </section>
      </div>`,
  };
}

/** The page with a form that was refused. It does not follow changes: somebody is typing. */
async function answerRefused(
  context: Context,
  project: ProjectRow,
  forms: Partial<Forms>,
  dependencies: DashboardDependencies,
): Promise<Response> {
  const data = await loadEnvironment(project, {}, dependencies);
  const filled = { variable: EMPTY, file: EMPTY, ...forms };
  return answerDocument(context, documentOf(data, filled, dependencies.now()), WRONG_FIELD);
}

function addVariableForm(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addProjectPost(app, PATH, dependencies, async ({ context, project, typed }) => {
    const refuse = (mistakes: Mistakes) =>
      answerRefused(context, project, { variable: { typed, mistakes } }, dependencies);
    const read = readVariable(typed);
    if (!read.ok) return refuse(read.mistakes);
    const set = await setEnvironmentVariables({ ...read.order, projectId: project.id }, dependencies);
    if (set.outcome === 'project_not_found') return answerNoProject(context, project.slug);
    if (set.outcome === 'too_many') return refuse({ value: set.message });
    if (set.outcome === 'place_invalid') return refuse({ branch: set.message });
    return context.redirect(environmentPath(project.slug, 'set'), 303);
  });
}

type Read =
  | { readonly ok: true; readonly order: Omit<SetEnvironmentVariablesOrder, 'projectId'> }
  | { readonly ok: false; readonly mistakes: Mistakes };

function readVariable(typed: FormText): Read {
  const place = readPlace('', typed);
  const name = variableNameSchema.safeParse(typed['name']?.trim() ?? '');
  const rest = newVariableSchema.safeParse({ value: unixText(typed['value']), ...placeOf(place) });
  const isEmpty = (typed['value'] ?? '') === '';
  const mistakes = {
    ...(name.success ? {} : { name: name.error.issues[0]?.message }),
    ...(rest.success ? {} : mistakesOf(rest.error)),
    ...(isEmpty ? { value: NO_VALUE } : {}),
    ...(place.ok ? {} : place.mistakes),
  };
  if (!name.success || !rest.success || isEmpty || !place.ok) return { ok: false, mistakes };
  const { value, ...where } = rest.data;
  return { ok: true, order: { ...where, variables: [{ name: name.data, value }] } };
}

/** Seldom meant: more often somebody has forgotten to type it. */
const NO_VALUE = 'This must not be empty. (Where that is meant, paste “NAME=” as a file, below.)';

function addImportForm(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const path = `${PATH}/import` as const;

  app.get(path, (context) => context.redirect(environmentPath(context.req.param('slug')), 303));

  addProjectPost(app, path, dependencies, async ({ context, project, typed }) => {
    const refuse = (mistakes: Mistakes) =>
      answerRefused(context, project, { file: { typed, mistakes } }, dependencies);
    const read = readFile(typed);
    if (!read.ok) return refuse(read.mistakes);
    const set = await setEnvironmentVariables({ ...read.order, projectId: project.id }, dependencies);
    if (set.outcome === 'project_not_found') return answerNoProject(context, project.slug);
    if (set.outcome === 'too_many') return refuse({ [`${IMPORT_PREFIX}text`]: set.message });
    if (set.outcome === 'place_invalid') return refuse({ [`${IMPORT_PREFIX}branch`]: set.message });
    return context.redirect(environmentPath(project.slug, 'imported'), 303);
  });
}

function readFile(typed: FormText): Read {
  const place = readPlace(IMPORT_PREFIX, typed);
  const request = variableImportSchema.safeParse({
    text: unixText(typed[`${IMPORT_PREFIX}text`]),
    ...placeOf(place),
  });
  const told = request.success ? {} : mistakesOf(request.error);
  const prefixed = Object.entries(told).map(([field, words]) => [IMPORT_PREFIX + field, words]);
  const file = request.success ? parseEnvFile(request.data.text) : undefined;
  const mistakes = {
    ...(Object.fromEntries(prefixed) as Mistakes),
    ...(file?.ok === false ? { [`${IMPORT_PREFIX}text`]: file.messages.join(' ') } : {}),
    ...(place.ok ? {} : place.mistakes),
  };
  if (!request.success || file?.ok !== true || !place.ok) return { ok: false, mistakes };
  const { environment, branch } = request.data;
  return { ok: true, order: { environment, branch, variables: file.variables } };
}

function placeOf(place: ReturnType<typeof readPlace>) {
  return place.ok ? { environment: place.environment, branch: place.branch } : {};
}

/** Browsers end the lines of a form as Windows does, whatever was pasted: a private key would not be one. */
function unixText(text: string | undefined): string {
  return (text ?? '').replaceAll('\r\n', '\n');
}

function addDeleteForm(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addProjectPost(app, `${PATH}/:id/delete`, dependencies, async ({ context, project }) => {
    const id = context.req.param('id') ?? '';
    const isDeleted = await deleteEnvironmentVariable(project.id, id, dependencies);
    return context.redirect(environmentPath(project.slug, isDeleted ? 'deleted' : 'gone'), 303);
  });
}
