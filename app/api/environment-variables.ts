import type { OpenAPIHono, z } from '@hono/zod-openapi';
import { deleteEnvironmentVariable } from '../actions/delete-environment-variable.ts';
import {
  setEnvironmentVariables,
  type SetEnvironmentVariablesResult,
} from '../actions/set-environment-variables.ts';
import {
  type EnvironmentVariableLine,
  findEnvironmentVariableAt,
  listEnvironmentVariables,
} from '../db/environment-variables.ts';
import { findLivingProject } from '../db/projects.ts';
import { parseEnvFile } from '../domain/environment-variable-requests.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import {
  deleteVariableRoute,
  importVariablesRoute,
  listVariablesRoute,
  setVariableRoute,
} from './environment-variable-routes.ts';
import type { variableSchema } from './environment-variable-schemas.ts';
import { answerNoProject, answerNoVariable, refuseField } from './refuse.ts';

/** The routes that list, set and delete environment variables. */
export function addEnvironmentVariableRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;

  app.openapi(listVariablesRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const variables = await listEnvironmentVariables(db, project.id);
    return context.json({ items: variables.map(presentVariable) }, 200);
  });

  app.openapi(setVariableRoute, async (context) => {
    const { slug, name } = context.req.valid('param');
    const { value, ...place } = context.req.valid('json');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const order = { ...place, projectId: project.id, variables: [{ name, value }] };
    const result = await setEnvironmentVariables(order, dependencies);
    if (result.outcome === 'project_not_found') return answerNoProject(context, slug);
    if (result.outcome === 'too_many') return problem(context, 'too_many', result.message);
    if (result.outcome === 'place_invalid') return refusePlace(context, result);
    const [variable] = result.variables.map(presentVariable);
    if (variable === undefined) throw new Error('a variable was set, and none returned');
    return result.added > 0 ? context.json(variable, 201) : context.json(variable, 200);
  });

  app.openapi(importVariablesRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { text, ...place } = context.req.valid('json');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const file = parseEnvFile(text);
    if (!file.ok) return refuseField(context, 'invalid_request', '/text', file.messages.join(' '));
    const order = { ...place, projectId: project.id, variables: file.variables };
    const result = await setEnvironmentVariables(order, dependencies);
    if (result.outcome === 'project_not_found') return answerNoProject(context, slug);
    if (result.outcome === 'too_many') return problem(context, 'too_many', result.message);
    if (result.outcome === 'place_invalid') return refusePlace(context, result);
    return context.json({ items: result.variables.map(presentVariable) }, 200);
  });

  app.openapi(deleteVariableRoute, async (context) => {
    const { slug, name } = context.req.valid('param');
    const { environment = null, branch = null } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const found = await findEnvironmentVariableAt(db, project.id, name, { environment, branch });
    const isDeleted = found !== undefined && (await deleteEnvironmentVariable(project.id, found.id, { db }));
    if (!isDeleted) return answerNoVariable(context, name);
    return context.json({ id: found.id, deleted: true as const }, 200);
  });
}

type Misplaced = Extract<SetEnvironmentVariablesResult, { readonly outcome: 'place_invalid' }>;

function refusePlace(context: Parameters<typeof refuseField>[0], { message }: Misplaced) {
  return refuseField(context, 'invalid_request', '/branch', message);
}

/** A variable as the API shows it: never its value. */
function presentVariable(variable: EnvironmentVariableLine): z.output<typeof variableSchema> {
  const { id, name, environment, branch, createdAt, updatedAt } = variable;
  return { id, name, environment, branch, createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() };
}
