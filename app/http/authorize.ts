import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Executor } from '../db/database.ts';
import { findRepositoryOfDeployment, findRepositoryOfProject } from '../db/visible-projects.ts';
import { includesRight, type Right, type RightsReading } from '../domain/rights.ts';
import type { Caller } from './caller.ts';
import { type AppEnv, refuseStranger } from './guards.ts';
import { problem } from './problem.ts';
import { needOfRoute } from './route-rights.ts';

type GithubCaller = Extract<Caller, { readonly kind: 'github-user' }>;

export interface AuthorizeDependencies {
  readonly db: Executor;
  /** What GitHub says of somebody, a few minutes old at most. */
  readonly readRights: (caller: GithubCaller) => Promise<RightsReading>;
}

/** A slug or an id in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;
const RETRY_AFTER_SECONDS = '10';

/**
 * Lets through what the caller may do: the administrator everything, others what route-rights.ts asks of them. It stands
 * behind the guards, which know who asks, and in front of every route.
 */
export function authorize(dependencies: AuthorizeDependencies): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const caller = context.get('caller') as Caller | undefined;
    // Open routes have no caller.
    if (caller === undefined || caller.kind === 'administrator') return next();
    const route = handlerOf(context);
    if (route === undefined) return next();
    const need = needOfRoute(route.method, route.path);
    if (need === 'session') return next();
    if (need === 'administrator') return problem(context, 'forbidden', ONLY_ADMINISTRATOR);
    const reading = await dependencies.readRights(caller);
    if (reading.state === 'signed_out') return refuseStranger(context);
    if (reading.state === 'unknown') return answerUnknown(context, reading.message);
    const { byRepository, until } = reading;
    const visible = [...byRepository.keys()];
    if (need === 'listed') {
      context.set('access', { visible, right: undefined, until });
      return next();
    }
    const right = await findRight(context, byRepository, dependencies.db);
    if (right === undefined) return answerNothing(context);
    if (!includesRight(right, need)) return problem(context, 'forbidden', NEEDED[need]);
    context.set('access', { visible, right, until });
    return next();
  };
}

const ONLY_ADMINISTRATOR = 'This is for the administrator of this Offshoot, who signs in with its token.';

const NEEDED: Record<Right, string> = {
  see: 'Your account at GitHub may not read the repository of this project.',
  deploy:
    'Your account at GitHub may read the repository of this project. To do this it must be able to write.',
  manage:
    'This needs an account at GitHub that is an administrator of the repository of this project; yours is not.',
};

/** The route that will answer; the guards are routes too, for all methods. */
function handlerOf(context: Context<AppEnv>) {
  return matchedRoutes(context).find(({ method }) => method !== 'ALL');
}

async function findRight(
  context: Context<AppEnv>,
  byRepository: ReadonlyMap<number, Right>,
  db: Executor,
): Promise<Right | undefined> {
  const { slug, id } = subjectOf(context);
  const found = await (slug === undefined
    ? findRepositoryOfDeployment(db, id ?? '')
    : findRepositoryOfProject(db, slug));
  const repositoryId = found?.repositoryId ?? undefined;
  return repositoryId === undefined ? undefined : byRepository.get(repositoryId);
}

/** The parameters of the route that will answer: those of this middleware are none. */
function subjectOf(context: Context<AppEnv>): { slug: string | undefined; id: string | undefined } {
  const route = handlerOf(context);
  const names = route?.path.split('/') ?? [];
  const parts = context.req.path.split('/');
  const read = (name: string) => {
    const at = names.indexOf(name);
    return at === -1 ? undefined : parts[at];
  };
  return { slug: read(':slug'), id: read(':id') };
}

/** The same words for what is not there and for what somebody may not see. */
function answerNothing(context: Context<AppEnv>): Response {
  const { slug, id = '' } = subjectOf(context);
  const [code, what] =
    slug === undefined
      ? (['deployment_not_found', `deployment with the id "${id.slice(0, MAX_SHOWN_LENGTH)}"`] as const)
      : (['project_not_found', `project with the slug "${slug.slice(0, MAX_SHOWN_LENGTH)}"`] as const);
  const detail = `There is no ${what}, or your account at GitHub may not read its repository.`;
  return problem(context, code, detail);
}

/** Nobody is refused for good by an outage, nor let in. */
function answerUnknown(context: Context<AppEnv>, message: string): Response {
  const detail = `GitHub could not be asked whether you may do this: ${message}. Try again in a moment; the administrator’s token works meanwhile.`;
  return problem(context, 'permission_unknown', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}
