import type { MiddlewareHandler } from 'hono';

/**
 * Many clients send `Content-Type: application/json` without a body. Where a body is optional that means: none;
 * the JSON parser would call it malformed.
 */
export const ignoreTypeOfEmptyBody: MiddlewareHandler = async (context, next) => {
  const { headers } = context.req.raw;
  const isEmpty = (headers.get('content-length') ?? '0') === '0' && !headers.has('transfer-encoding');
  if (isEmpty) headers.delete('content-type');
  return next();
};
