import type { Database } from '../db/database.ts';
import { countDeployHooks, type DeployHookRow, insertDeployHook } from '../db/deploy-hooks.ts';
import { type ProjectRow, shareProject } from '../db/projects.ts';
import { hashToken } from '../domain/attempt-token.ts';
import {
  type ProjectRefResult,
  resolveProjectRef,
  type ResolveProjectRefDependencies,
} from './resolve-project-ref.ts';

export interface CreateDeployHookOrder {
  /** What calls it, for people. */
  readonly name: string;
  /** Default: the production branch. */
  readonly branch?: string | undefined;
}

export interface CreateDeployHookDependencies extends ResolveProjectRefDependencies {
  readonly db: Database;
  readonly now: () => number;
  /** 20 of a–z and 0–9: two of them are one secret. */
  readonly randomId: () => string;
}

export type CreateDeployHookResult =
  /** `token` ends the URL; it is shown now and never again. */
  | { readonly outcome: 'created'; readonly hook: DeployHookRow; readonly token: string }
  | { readonly outcome: 'project_not_found' }
  | { readonly outcome: 'too_many'; readonly message: string }
  | Exclude<ProjectRefResult, { readonly outcome: 'resolved' }>;

/** Two requests at once may make it one more. */
const MAX_DEPLOY_HOOKS = 50;
const TOO_MANY = `A project has at most ${MAX_DEPLOY_HOOKS} deploy hooks: delete one that nobody calls any more.`;

/** Makes a deploy hook. The repository is asked for the branch, so that a misspelt one is told to who misspelt it. */
export async function createDeployHook(
  project: ProjectRow,
  { name, branch = project.productionBranch }: CreateDeployHookOrder,
  dependencies: CreateDeployHookDependencies,
): Promise<CreateDeployHookResult> {
  const resolved = await resolveProjectRef(project, `refs/heads/${branch}`, dependencies);
  if (resolved.outcome !== 'resolved') return resolved;
  const { db, now, randomId } = dependencies;
  const token = randomId() + randomId();
  return db.transaction(async (tx): Promise<CreateDeployHookResult> => {
    const living = await shareProject(tx, project.id);
    if (living === undefined || living.deletedAt !== null) return { outcome: 'project_not_found' };
    if ((await countDeployHooks(tx, project.id)) >= MAX_DEPLOY_HOOKS)
      return { outcome: 'too_many', message: TOO_MANY };
    const hook = await insertDeployHook(tx, {
      id: randomId(),
      projectId: project.id,
      name,
      branch,
      tokenHash: hashToken(token),
      createdAt: new Date(now()),
    });
    return { outcome: 'created', hook, token };
  });
}

/** The secret URL itself. */
export function deployHookUrl(token: string, appUrl: URL): string {
  return new URL(`/api/hooks/${token}`, appUrl).href;
}
