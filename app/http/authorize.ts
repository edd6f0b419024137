import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Executor } from '../db/database.ts';
import { findRepositoryOfDeployment, findRepositoryOfProject } from '../db/visible-projects.ts';
import { includesRight, type Right, type RightsReading } from '../domain/rights.ts';
import type { Access } from './access.ts';
import type { Caller } from './caller.ts';
import { type AppEnv, refuseStranger } from './guards.ts';
import { problem } from './problem.ts';
import { needOfRoute } from './route-rights.ts';

type GithubCaller = Extract<Caller, { readonly kind: 'github-user' }>;

export interface AuthorizeDependencies {
  readonly db: Executor;
  /** What GitHub says of somebody, a few minutes old at most, or no older than asked for. */
  readonly readRights: (caller: GithubCaller, maxAgeMs?: number) => Promise<RightsReading>;
}

/** A slug or an id in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;
const RETRY_AFTER_SECONDS = '10';
/**
 * Who is about to be answered that nothing is there was maybe given the right a moment ago: a repository that has just
 * got the App leads people here with its first commit status. Asked for also where nothing is, which else could be told
 * from what is hidden by how long it takes.
 */
export const MISS_MAX_AGE_MS = 15_000;

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
    const access = await readAccess(context, caller, need, dependencies);
    if (access instanceof Response) return access;
    context.set('access', access);
    return next();
  };
}

/** What the caller may do with what is asked for; a Response refuses it. */
async function readAccess(
  context: Context<AppEnv>,
  caller: GithubCaller,
  need: Right | 'listed',
  { db, readRights }: AuthorizeDependencies,
): Promise<Access | Response> {
  const reading = await readRights(caller);
  if (reading.state !== 'known') return answerUnread(context, reading);
  if (need === 'listed') return accessOf(reading, undefined);
  const repositoryId = await findRepositoryId(context, db);
  const right = rightIn(reading, repositoryId);
  if (right !== undefined) return judge(context, accessOf(reading, right), need);
  const again = await readRights(caller, MISS_MAX_AGE_MS);
  if (again.state !== 'known') return answerUnread(context, again);
  return judge(context, accessOf(again, rightIn(again, repositoryId)), need);
}

type Known = Extract<RightsReading, { readonly state: 'known' }>;

function accessOf({ byRepository, until }: Known, right: Right | undefined): Access {
  return { visible: [...byRepository.keys()], right, until };
}

function rightIn({ byRepository }: Known, repositoryId: number | undefined): Right | undefined {
  return repositoryId === undefined ? undefined : byRepository.get(repositoryId);
}

function judge(context: Context<AppEnv>, access: Access, need: Right): Access | Response {
  if (access.right === undefined) return answerNothing(context);
  return includesRight(access.right, need) ? access : problem(context, 'forbidden', NEEDED[need]);
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

/** The repository of the project that is asked for; undefined where there is none, or no such project. */
async function findRepositoryId(context: Context<AppEnv>, db: Executor): Promise<number | undefined> {
  const { slug, id } = subjectOf(context);
  const found = await (slug === undefined
    ? findRepositoryOfDeployment(db, id ?? '')
    : findRepositoryOfProject(db, slug));
  return found?.repositoryId ?? undefined;
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
function answerUnread(
  context: Context<AppEnv>,
  reading: Exclude<RightsReading, { readonly state: 'known' }>,
): Response {
  if (reading.state === 'signed_out') return refuseStranger(context);
  const detail = `GitHub could not be asked whether you may do this: ${reading.message}. Try again in a moment; the administrator’s token works meanwhile.`;
  return problem(context, 'permission_unknown', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}
