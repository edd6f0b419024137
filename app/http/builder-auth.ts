import type { Context, Env, MiddlewareHandler } from 'hono';
import { NONCE_HEADER } from '../../contracts/build-report.ts';
import { type BuilderAttempt, findAttemptByToken } from '../db/attempts.ts';
import type { Executor } from '../db/database.ts';
import { hashToken } from '../domain/attempt-token.ts';
import { bearerTokenOf, isSameSecret } from './caller.ts';
import { problem } from './problem.ts';

/** What the middlewares of this file put on a request's context. */
export interface BuilderEnv extends Env {
  Variables: { builder: BuilderAttempt };
}

export interface BuilderAuth {
  /** Token only: for the claim, which brings the nonce. The attempt may have ended. */
  readonly byToken: MiddlewareHandler<BuilderEnv>;
  /** Token and nonce. The attempt may have ended: for reports that may come twice. */
  readonly byNonce: MiddlewareHandler<BuilderEnv>;
  /** Token and nonce of an attempt that is open; 410 when it is over. */
  readonly whileOpen: MiddlewareHandler<BuilderEnv>;
}

/** How builders prove themselves. All refusals are problem documents: 401, and 410 for an attempt that is over. */
export function createBuilderAuth(db: Executor): BuilderAuth {
  return {
    byToken: guard(db, { nonce: false, open: false }),
    byNonce: guard(db, { nonce: true, open: false }),
    whileOpen: guard(db, { nonce: true, open: true }),
  };
}

/** The build whose builder sends this request; a Response is the refusal. For endpoints of other rooms. */
export async function findOpenBuild(
  context: Context,
  db: Executor,
): Promise<{ readonly deploymentId: string; readonly attempt: number } | Response> {
  const found = await authenticate(context, db, { nonce: true, open: true });
  if (found instanceof Response) return found;
  return { deploymentId: found.deployment.id, attempt: found.attempt.number };
}

/** Answers a builder whose attempt is over: it must stop. */
export function refuseOver(context: Context): Response {
  const detail =
    'This attempt is over: it was canceled, or its builder was not heard of for too long. Stop the build.';
  return problem(context, 'gone', detail);
}

interface Demands {
  readonly nonce: boolean;
  readonly open: boolean;
}

function guard(db: Executor, demands: Demands): MiddlewareHandler<BuilderEnv> {
  return async (context, next) => {
    const found = await authenticate(context, db, demands);
    if (found instanceof Response) return found;
    context.set('builder', found);
    return next();
  };
}

async function authenticate(
  context: Context,
  db: Executor,
  demands: Demands,
): Promise<BuilderAttempt | Response> {
  const { headers } = context.req.raw;
  const token = bearerTokenOf(headers);
  // The index compares hashes: how long that takes tells nothing of the token.
  const found = token === undefined ? undefined : await findAttemptByToken(db, hashToken(token));
  if (found === undefined) return refuse(context, 'The token is no token of a build.');
  if (demands.nonce && !hasNonce(found, headers.get(NONCE_HEADER))) {
    return refuse(context, `The header ${NONCE_HEADER} is not the nonce of the builder that has claimed.`);
  }
  return demands.open && found.attempt.endedAt !== null ? refuseOver(context) : found;
}

function hasNonce({ attempt }: BuilderAttempt, nonce: string | null): boolean {
  return nonce !== null && attempt.nonceHash !== null && isSameSecret(hashToken(nonce), attempt.nonceHash);
}

function refuse(context: Context, detail: string): Response {
  return problem(context, 'unauthorized', detail, {
    headers: { 'www-authenticate': 'Bearer realm="offshoot builder"' },
  });
}
