import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveGit } from '../git-server.ts';
import { callerOf, findToken, isGranted, maySee, tokenHas } from './auth.ts';
import type { Caller } from './auth.ts';
import { announceRefs } from './pushes.ts';
import { Refusal } from './refusal.ts';
import { findRepository, fullNameOf } from './state.ts';
import { isAtLeast, roleOf } from './roles.ts';
import type { Repository, User } from './state.ts';
import type { World } from './world.ts';

const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** Git over smart HTTP. Returns false for what is no request of Git. */
export function serveGitHttp(world: World, request: IncomingMessage, response: ServerResponse): boolean {
  const url = new URL(request.url ?? '/', world.urls.web);
  const [, owner, name, service = ''] = GIT_PATH.exec(decodeURIComponent(url.pathname)) ?? [];
  if (owner === undefined || name === undefined) return false;
  if (world.faults.isDown) {
    request.socket.destroy();
    return true;
  }
  try {
    const isPush = service === 'git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
    const caller = authenticateGit(world, request.headers.authorization);
    const repository = findOrRedirect(world, `${owner}/${name}`, `${service}${url.search}`);
    checkGitAccess(world, caller, repository, isPush);
    const pusher = pusherOf(world, caller, repository);
    const release = service === 'git-receive-pack' ? world.hold() : () => undefined;
    serveGit(request, response, {
      root: world.folder,
      path: `/${repository.id}.git/${service}`,
      query: url.search.slice(1),
      ...(isPush && { user: pusher.login }),
      onEnd: () => {
        if (service === 'git-receive-pack') announceRefs(world, repository, pusher);
        release();
      },
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const headers = {
      ...(error.status === 401 && { 'www-authenticate': 'Basic realm="GitHub"' }),
      ...error.headers,
    };
    response.writeHead(error.status, headers).end(error.message);
  }
  return true;
}

/** The password is the token, whatever the name: `x-access-token` for an installation's. */
function authenticateGit(world: World, header: string | undefined): Caller {
  if (header === undefined) return { kind: 'anonymous' };
  const [, encoded = ''] = /^basic (.+)$/i.exec(header) ?? [];
  const [, password = ''] = /^[^:]*:(.*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const token = findToken(world, password);
  if (token === undefined) throw new Refusal(401, 'Invalid username or token.');
  return callerOf(token);
}

function findOrRedirect(world: World, fullName: string, rest: string): Repository {
  const found = findRepository(world.state, fullName);
  if (found !== undefined) return found;
  const moved = world.state.repositories.get(world.state.formerNames.get(fullName.toLowerCase()) ?? 0);
  if (moved === undefined) throw new Refusal(404, 'Repository not found.');
  throw new Refusal(301, 'Moved', {}, { Location: `${world.urls.web}/${fullNameOf(moved)}.git/${rest}` });
}

function checkGitAccess(world: World, caller: Caller, repository: Repository, isPush: boolean): void {
  if (!maySee(world.state, caller, repository)) {
    throw caller.kind === 'anonymous'
      ? new Refusal(401, 'No anonymous access.')
      : new Refusal(404, 'Repository not found.');
  }
  if (!isPush && !repository.isPrivate) return;
  if (caller.kind === 'anonymous') throw new Refusal(401, 'No anonymous write access.');
  if (mayUseGit(caller, repository, isPush)) return;
  throw new Refusal(
    403,
    isPush ? 'Write access to repository not granted.' : 'Access to repository not granted.',
  );
}

function mayUseGit(caller: Caller, repository: Repository, isPush: boolean): boolean {
  const level = isPush ? 'write' : 'read';
  if (caller.kind === 'installation') {
    return tokenHas(caller.token, repository) && isGranted(caller.token.permissions, `contents:${level}`);
  }
  return caller.kind === 'user' && isAtLeast(roleOf(repository, caller.user), level);
}

function pusherOf({ state }: World, caller: Caller, repository: Repository): User {
  return caller.kind === 'user' ? caller.user : (state.app?.bot ?? repository.owner);
}
