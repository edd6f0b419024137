import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { problem } from '../../http/problem.ts';

/** Refuses bodies above the bound; one without a length is counted while it comes in. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const detail = `A body here has at most ${maxBytes} bytes.`;
  return bodyLimit({
    maxSize: maxBytes,
    onError: (context) => problem(context, 'payload_too_large', detail),
  });
}

/** The JSON body as the schema has it; a Response is the refusal. */
export async function readBody<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<z.infer<Schema> | Response> {
  const json = parseJson(await context.req.text());
  if (json === undefined) return problem(context, 'invalid_json', 'The body could not be read as JSON.');
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, MAX_SHOWN_ERRORS).map((issue) => ({
    pointer: `/${issue.path.join('/')}`,
    message: issue.message,
  }));
  const [first] = errors;
  return problem(context, 'invalid_request', `At ${first?.pointer}: ${first?.message}`, { errors });
}

const MAX_SHOWN_ERRORS = 10;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
