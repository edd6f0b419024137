import { nextGeneration } from '../db/branches.ts';
import type { ProjectRow } from '../db/projects.ts';
import type { Requester } from '../domain/words.ts';
import { deploy, type DeployDependencies, type DeployResult } from './deploy.ts';
import {
  type ProjectRefResult,
  resolveProjectRef,
  type ResolveProjectRefDependencies,
} from './resolve-project-ref.ts';

export type DeployRefDependencies = DeployDependencies & ResolveProjectRefDependencies;
export type DeployRefResult = DeployResult | Exclude<ProjectRefResult, { readonly outcome: 'resolved' }>;

/** Each try that fails means that another commit of the branch was pushed and requested meanwhile. */
const MAX_TRIES = 5;

/**
 * Deploys what a branch, tag or commit of the project's repository is now; by default the production branch.
 *
 * Asking a repository takes its time, and answers overtake each other: a request that was told of an old commit may
 * be written after one that was told of the newer one, and would bring the old commit back. So a request remembers
 * what the newest generation was when it began to ask, and asks again when somebody was faster with another commit.
 */
export async function deployRef(
  project: ProjectRow,
  asked: string | undefined,
  requestedBy: Requester,
  dependencies: DeployRefDependencies,
): Promise<DeployRefResult> {
  for (let tries = 1; ; tries += 1) {
    const askedAt = await nextGeneration(dependencies.db);
    const resolved = await resolveProjectRef(project, asked, dependencies);
    if (resolved.outcome !== 'resolved') return resolved;
    const order = { projectId: project.id, ref: resolved.ref, requestedBy, askedAt };
    const result = await deploy(order, dependencies);
    if (result.outcome !== 'overtaken' || tries === MAX_TRIES) return result;
  }
}
