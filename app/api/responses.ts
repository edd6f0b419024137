import { z } from '@hono/zod-openapi';
import {
  PROBLEM_MEDIA_TYPE,
  type Problem,
  PROBLEMS,
  type ProblemCode,
  problemSchema,
} from '../http/problem.ts';

/** `Problem`, as a component of the OpenAPI document. */
const problemComponent = problemSchema.openapi('Problem', { description: 'RFC 9457.' });

export function jsonContent<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

export function jsonBody<Schema extends z.ZodType, Required extends boolean>(
  schema: Schema,
  required: Required,
) {
  return { required, content: { 'application/json': { schema } } } as const;
}

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status'];
interface ProblemContent {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: z.ZodType<Problem> } };
}

/** Documents the problems of an operation: one response a status, with the codes that it may have. */
export function problems<const Codes extends readonly ProblemCode[]>(
  ...codes: Codes
): Record<StatusOf<Codes[number]>, ProblemContent> {
  const byStatus = Object.groupBy(codes, (code) => String(PROBLEMS[code].status));
  const entries = Object.entries(byStatus).map(([status, codes]) => [status, describe(codes ?? [])] as const);
  return Object.fromEntries(entries) as Record<StatusOf<Codes[number]>, ProblemContent>;
}

/** Of an operation that reads: its own problems and those that guards and validators may answer. */
export function problemsOfReading<const Codes extends readonly ProblemCode[]>(...codes: Codes) {
  return problems(
    ...codes,
    'unauthorized',
    'forbidden',
    'misdirected_request',
    'invalid_request',
    'internal_error',
    'unavailable',
    'permission_unknown',
  );
}

/** Of an operation that changes something: its own problems and those that guards and validators may answer. */
export function problemsOfChanging<const Codes extends readonly ProblemCode[]>(...codes: Codes) {
  return problems(
    ...codes,
    'unauthorized',
    'forbidden',
    'misdirected_request',
    'invalid_request',
    'internal_error',
    'unavailable',
    'permission_unknown',
    'forbidden_origin',
    'payload_too_large',
    'invalid_json',
    'unsupported_media_type',
  );
}

function describe(codes: readonly ProblemCode[]): ProblemContent {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ');
  const schema = problemComponent.and(z.object({ code: z.enum(codes) }));
  return { description, content: { [PROBLEM_MEDIA_TYPE]: { schema } } };
}
