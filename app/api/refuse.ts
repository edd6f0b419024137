import type { Hook } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type FieldError, problem, type ProblemCode, type ProblemResponse } from '../http/problem.ts';
import type { AppEnv } from '../http/guards.ts';

/** A slug or an id in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;
/** A body of the allowed size has room for thousands of wrong fields. */
const MAX_ERRORS = 50;

export function answerNoProject(context: Context, slug: string): ProblemResponse<'project_not_found'> {
  const detail = `There is no project with the slug "${slug.slice(0, MAX_SHOWN_LENGTH)}".`;
  return problem(context, 'project_not_found', detail);
}

export function answerNoDeployment(context: Context, id: string): ProblemResponse<'deployment_not_found'> {
  const detail = `There is no deployment with the id "${id.slice(0, MAX_SHOWN_LENGTH)}".`;
  return problem(context, 'deployment_not_found', detail);
}

export function answerNoDeployHook(context: Context, id: string): ProblemResponse<'deploy_hook_not_found'> {
  const detail = `This project has no deploy hook with the id "${id.slice(0, MAX_SHOWN_LENGTH)}".`;
  return problem(context, 'deploy_hook_not_found', detail);
}

export function answerNoWebhook(context: Context, id: string): ProblemResponse<'webhook_not_found'> {
  const detail = `This project has no webhook with the id "${id.slice(0, MAX_SHOWN_LENGTH)}".`;
  return problem(context, 'webhook_not_found', detail);
}

export function answerNoDelivery(context: Context, id: string): ProblemResponse<'delivery_not_found'> {
  const detail = `This webhook has no delivery with the id "${id.slice(0, MAX_SHOWN_LENGTH)}", or not any more.`;
  return problem(context, 'delivery_not_found', detail);
}

export function answerNoVariable(
  context: Context,
  name: string,
): ProblemResponse<'environment_variable_not_found'> {
  const detail = `This project has no environment variable "${name.slice(0, MAX_SHOWN_LENGTH)}" in this place.`;
  return problem(context, 'environment_variable_not_found', detail);
}

/** One field of the body is to blame: told as a sentence and by its pointer. */
export function refuseField<Code extends ProblemCode>(
  context: Context,
  code: Code,
  pointer: string,
  message: string,
): ProblemResponse<Code> {
  return problem(context, code, message, { errors: [{ pointer, message }] });
}

/** What every validator of the API says of a request that does not fit: all of its errors at once. */
export const refuseInvalid: Hook<unknown, AppEnv, string, Response | undefined> = (result, context) => {
  if (result.success) return undefined;
  const isBody = result.target === 'json';
  const errors = result.error.issues.flatMap((issue) => describeIssue(issue, isBody)).slice(0, MAX_ERRORS);
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? 'The body' : `"${first.pointer}"`;
  const more = errors.length > 1 ? ` And ${errors.length - 1} more, see "errors".` : '';
  return problem(context, 'invalid_request', `${where}: ${first?.message ?? 'it does not fit'}.${more}`, {
    errors,
  });
};

function describeIssue(
  issue: {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code?: string;
    readonly keys?: readonly string[];
  },
  isBody: boolean,
): FieldError[] {
  const unknown = issue.code === 'unrecognized_keys' ? (issue.keys ?? []) : [];
  if (unknown.length === 0)
    return [{ pointer: pointerOf(issue.path, isBody), message: sayIssue(issue.message) }];
  return unknown.map((key) => ({
    pointer: pointerOf([...issue.path, key.slice(0, MAX_SHOWN_LENGTH)], isBody),
    message: 'there is no such field',
  }));
}

/** zod says of a missing field that it has the wrong type. */
function sayIssue(message: string): string {
  return message.endsWith('received undefined') ? 'it is missing' : message;
}

/** JSON Pointer (RFC 6901) into the body; the bare name of a parameter. */
function pointerOf(path: readonly PropertyKey[], isBody: boolean): string {
  const parts = path.map(String);
  if (!isBody) return parts.join('.');
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
