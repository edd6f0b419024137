import { createVerify } from 'node:crypto';
import { badCredentials, forbidden, notFound, Refusal } from './refusal.ts';
import type { App, Installation, Level, Permissions, Repository, State, Token, User } from './state.ts';
import { installationHas } from './state.ts';
import { isAtLeast, roleOf } from './roles.ts';
import type { World } from './world.ts';

/** Who asks. */
export type Caller =
  | { readonly kind: 'app'; readonly app: App }
  | { readonly kind: 'installation'; readonly installation: Installation; readonly token: Token }
  | { readonly kind: 'user'; readonly user: User; readonly token: Token }
  | { readonly kind: 'anonymous' };

/** `statuses:write`, or either of two: `issues:write|pull_requests:write`. */
export type Needed = `${string}:${Level}`;

const LONGEST_JWT_SECONDS = 10 * 60;
/** How far ahead of GitHub's a clock may be. */
const CLOCK_SKEW_SECONDS = 60;

export function nameCaller(caller: Caller): string {
  if (caller.kind === 'installation') return `installation ${caller.installation.id}`;
  return caller.kind === 'user' ? `user ${caller.user.login}` : caller.kind;
}

/** Reads `Authorization: Bearer …` (or `token …`): an App's JWT, or a token. */
export function authenticate(
  world: Pick<World, 'state' | 'now' | 'signingNow'>,
  header: string | undefined,
): Caller {
  if (header === undefined) return { kind: 'anonymous' };
  const [, value] = /^(?:bearer|token) +(\S+)$/i.exec(header) ?? [];
  if (value === undefined) throw badCredentials();
  if (value.split('.').length === 3) return { kind: 'app', app: verifyJwt(world, value) };
  const token = findToken(world, value);
  if (token === undefined) throw badCredentials();
  return callerOf(token);
}

export function findToken(world: Pick<World, 'state' | 'now'>, value: string): Token | undefined {
  const token = world.state.tokens.get(value);
  return token !== undefined && token.expiresAtMs > world.now() ? token : undefined;
}

export function callerOf(token: Token): Caller {
  if (token.of.kind !== 'installation') return { kind: 'user', user: token.of.user, token };
  const { installation } = token.of;
  if (installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  return { kind: 'installation', installation, token };
}

const undecodable = () => new Refusal(401, 'A JSON web token could not be decoded');

/** RS256, by the App's key, for at most ten minutes. */
function verifyJwt({ state, signingNow }: Pick<World, 'state' | 'signingNow'>, jwt: string): App {
  const [head = '', payload = '', signature = ''] = jwt.split('.');
  const { alg } = decodePart(head);
  const { iss, exp, iat } = decodePart(payload);
  if (alg !== 'RS256') throw undecodable();
  const { app } = state;
  if (app === null || (String(iss) !== String(app.id) && iss !== app.clientId)) {
    throw new Refusal(404, 'Integration not found');
  }
  checkTimes(Math.floor(signingNow() / 1000), exp, iat);
  const isSigned = createVerify('RSA-SHA256')
    .update(`${head}.${payload}`)
    .verify(app.publicKey, Buffer.from(signature, 'base64url'));
  if (!isSigned) throw undecodable();
  return app;
}

function checkTimes(nowSeconds: number, exp: unknown, iat: unknown): void {
  if (typeof iat !== 'number' || iat > nowSeconds + CLOCK_SKEW_SECONDS) {
    const words = 'must be an Integer representing the time that the assertion was issued';
    throw new Refusal(401, `'Issued at' claim ('iat') ${words}`);
  }
  if (typeof exp !== 'number' || exp <= nowSeconds) {
    const words = 'must be a numeric value representing the future time at which the assertion expires';
    throw new Refusal(401, `'Expiration time' claim ('exp') ${words}`);
  }
  if (exp > nowSeconds + LONGEST_JWT_SECONDS) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

function decodePart(part: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    throw undecodable();
  }
}

/** Read is part of write. */
export function isGranted(permissions: Permissions, needed: Needed): boolean {
  const [name = '', level] = needed.split(':');
  const granted = permissions[name];
  return granted === 'write' || (granted === 'read' && level === 'read');
}

/**
 * Refuses as GitHub does: what the caller can't even see is not found (404), what it sees and may not do is
 * forbidden (403).
 */
export function checkAccess(
  state: State,
  caller: Caller,
  repository: Repository,
  needs: readonly Needed[],
): void {
  if (!maySee(state, caller, repository)) throw notFound();
  if (caller.kind === 'app') throw forbidden();
  const isReading = needs.every((each) => each.endsWith(':read'));
  if (isReading && !repository.isPrivate) return;
  if (caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  if (!mayDo(caller, repository, needs, isReading)) throw forbidden();
}

function mayDo(
  caller: Exclude<Caller, { kind: 'app' | 'anonymous' }>,
  repository: Repository,
  needs: readonly Needed[],
  isReading: boolean,
): boolean {
  const isAllowed = needs.some((each) => isGranted(caller.token.permissions, each));
  if (caller.kind === 'installation') return isAllowed && tokenHas(caller.token, repository);
  const hasRole = isAtLeast(roleOf(repository, caller.user), isReading ? 'read' : 'write');
  return hasRole && (caller.token.of.kind === 'personal' || isAllowed);
}

export function maySee(state: State, caller: Caller, repository: Repository): boolean {
  if (!repository.isPrivate) return true;
  if (caller.kind === 'installation') return tokenHas(caller.token, repository);
  if (caller.kind !== 'user' || roleOf(repository, caller.user) === 'none') return false;
  if (caller.token.of.kind === 'personal') return true;
  return state.installations.values().some((each) => installationHas(each, repository));
}

export function tokenHas(token: Token, repository: Repository): boolean {
  if (token.of.kind !== 'installation' || !installationHas(token.of.installation, repository)) return false;
  return token.repositoryIds === null || token.repositoryIds.has(repository.id);
}
