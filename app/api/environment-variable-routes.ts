import { createRoute } from '@hono/zod-openapi';
import {
  newVariableBody,
  newVariableParams,
  variableImportBody,
  variableListSchema,
  variableParams,
  variablePlaceQuery,
  variableSchema,
} from './environment-variable-schemas.ts';
import { deletedSchema } from './notification-schemas.ts';
import { jsonBody, jsonContent, problemsOfChanging, problemsOfReading } from './responses.ts';
import { slugParams } from './schemas.ts';

/** The routes of environment variables as data. No answer of theirs holds a value. */
const TAGS = ['Environment variables'];

export const listVariablesRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/environment-variables',
  tags: TAGS,
  operationId: 'listEnvironmentVariables',
  summary: 'List the environment variables of a project, by name',
  description: 'All of them: a project has at most 200. Their values are not told.',
  request: { params: slugParams },
  responses: {
    200: jsonContent(variableListSchema, 'The variables, without their values.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const setVariableRoute = createRoute({
  method: 'put',
  path: '/api/projects/{slug}/environment-variables/{name}',
  tags: TAGS,
  operationId: 'setEnvironmentVariable',
  summary: 'Set an environment variable',
  description:
    'Name, environment and branch say which one. Builds that start from now on get it; a redeploy does, too.',
  request: { params: newVariableParams, body: jsonBody(newVariableBody, true) },
  responses: {
    200: jsonContent(variableSchema, 'It was there, and has this value now.'),
    201: jsonContent(variableSchema, 'It is new.'),
    ...problemsOfChanging('project_not_found', 'too_many'),
  },
});

export const importVariablesRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/environment-variables',
  tags: TAGS,
  operationId: 'importEnvironmentVariables',
  summary: 'Set all environment variables of a .env file',
  description: 'All or none. Others of the project stay.',
  request: { params: slugParams, body: jsonBody(variableImportBody, true) },
  responses: {
    200: jsonContent(variableListSchema, 'Those that were set.'),
    ...problemsOfChanging('project_not_found', 'too_many'),
  },
});

export const deleteVariableRoute = createRoute({
  method: 'delete',
  path: '/api/projects/{slug}/environment-variables/{name}',
  tags: TAGS,
  operationId: 'deleteEnvironmentVariable',
  summary: 'Delete an environment variable',
  description: 'Name, environment and branch say which one; without them it is the one for all builds.',
  request: { params: variableParams, query: variablePlaceQuery },
  responses: {
    200: jsonContent(deletedSchema, 'It is deleted.'),
    ...problemsOfChanging('project_not_found', 'environment_variable_not_found'),
  },
});
