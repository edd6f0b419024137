import type { Context, TypedResponse } from 'hono';
import { z } from 'zod';

/**
 * Every error that the app answers, by its stable code: people script against codes, so a code is never
 * renamed or given another status. The reference page lists them; `type` of a problem points there.
 */
export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  bad_request: { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'A token is needed' },
  upload_refused: { status: 403, title: 'The upload is not the one that was signed' },
  forbidden: { status: 403, title: 'You may not do this' },
  forbidden_origin: { status: 403, title: 'Requests from this origin are refused' },
  not_found: { status: 404, title: 'Nothing is here' },
  project_not_found: { status: 404, title: 'No such project' },
  deployment_not_found: { status: 404, title: 'No such deployment' },
  deploy_hook_not_found: { status: 404, title: 'No such deploy hook' },
  webhook_not_found: { status: 404, title: 'No such webhook' },
  delivery_not_found: { status: 404, title: 'No such delivery' },
  environment_variable_not_found: { status: 404, title: 'No such environment variable' },
  method_not_allowed: { status: 405, title: 'The method does not fit this address' },
  slug_taken: { status: 409, title: 'The slug is taken' },
  deployment_not_cancelable: { status: 409, title: 'The deployment can not be canceled' },
  deployment_not_rebuildable: { status: 409, title: 'The deployment can not be built again' },
  deployment_not_approvable: { status: 409, title: 'The deployment can not be approved' },
  deployment_not_promotable: { status: 409, title: 'The deployment can not be promoted' },
  no_repository: { status: 409, title: 'The project has no repository' },
  too_many: { status: 409, title: 'There are too many already' },
  conflict: { status: 409, title: 'The request does not fit the present state' },
  gone: { status: 410, title: 'This is over' },
  precondition_failed: { status: 412, title: 'A precondition failed' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  misdirected_request: { status: 421, title: 'This host is not served here' },
  invalid_request: { status: 422, title: 'The request does not fit what is expected' },
  git_url_invalid: { status: 422, title: 'The Git URL can not be used' },
  webhook_url_invalid: { status: 422, title: 'The URL of the webhook can not be used' },
  repository_unreachable: { status: 422, title: 'The repository can not be reached' },
  ref_not_found: { status: 422, title: 'The repository has no such branch, tag or commit' },
  internal_error: { status: 500, title: 'Something went wrong in Offshoot' },
  disk_full: { status: 507, title: 'The disk of the server is too full' },
  permission_unknown: { status: 503, title: 'GitHub could not be asked' },
  unavailable: { status: 503, title: 'Offshoot can not answer right now' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];
type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status'];

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Where the reference page explains each code. */
const PROBLEM_TYPE_PREFIX = '/api#problem-';

const fieldErrorSchema = z.object({
  pointer: z.string().meta({
    description: 'JSON Pointer into the body, or the name of a query or path parameter.',
    example: '/gitUrl',
  }),
  message: z.string(),
});
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string().meta({ description: 'Where this code is explained, relative to this server.' }),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().meta({ description: 'What was wrong, where, and what to do.' }),
  code: z.enum(PROBLEM_CODES).meta({ description: 'Stable: made for programs.' }),
  errors: z.array(fieldErrorSchema).optional(),
  logId: z.string().optional().meta({ description: 'Finds the cause of an internal error in the log.' }),
});
export type Problem = z.infer<typeof problemSchema>;

export type ProblemResponse<Code extends ProblemCode> = Response &
  TypedResponse<Problem, StatusOf<Code>, 'json'>;

function describeProblem(
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, 'errors' | 'logId'> = {},
): Problem {
  const { status, title } = PROBLEMS[code];
  return { type: PROBLEM_TYPE_PREFIX + code, title, status, detail, code, ...more };
}

/** Answers with a problem document. `detail` is for people: it must not hold credentials or internals. */
export function problem<Code extends ProblemCode>(
  context: Context,
  code: Code,
  detail: string,
  more: Pick<Problem, 'errors' | 'logId'> & { readonly headers?: Record<string, string> } = {},
): ProblemResponse<Code> {
  const { headers, ...extensions } = more;
  const body = JSON.stringify(describeProblem(code, detail, extensions));
  const response = context.body(body, PROBLEMS[code].status, {
    ...headers,
    'content-type': PROBLEM_MEDIA_TYPE,
    'cache-control': 'no-store',
  });
  return response as Response as ProblemResponse<Code>;
}
