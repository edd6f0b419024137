import { isFinal } from './transition.ts';
import type { DeploymentStatus, RefKind } from './words.ts';

/** Times are epoch milliseconds. */
export interface KeptDeployment {
  readonly id: string;
  readonly refKind: RefKind;
  readonly ref: string;
  readonly status: DeploymentStatus;
  readonly pinned: boolean;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface RetentionSituation {
  readonly deployments: readonly KeptDeployment[];
  /** When branches went away; branches that are there are missing here. */
  readonly goneBranches: ReadonlyMap<string, number>;
  /** What a host other than its own serves. */
  readonly liveIds: ReadonlySet<string>;
  readonly keepPerBranch: number;
  readonly previewMs: number;
  readonly now: number;
}

/**
 * Which deployments of a project are removed. Kept are: what is live, pinned or unfinished; of each branch the newest
 * ones, and the newest ready ones (ten failures in a row must not take away what one could roll back to); until some
 * time after the branch is gone. Tags and commits have no branch: for them that time begins when they finish.
 */
export function planRetention(situation: RetentionSituation): string[] {
  const kept = newestOfBranches(situation);
  return situation.deployments
    .filter((deployment) => isRemovable(deployment, situation))
    .filter((deployment) => hasExpired(deployment, situation) || isBeyond(deployment, kept))
    .map((deployment) => deployment.id);
}

function isRemovable(deployment: KeptDeployment, { liveIds }: RetentionSituation): boolean {
  return isFinal(deployment.status) && !deployment.pinned && !liveIds.has(deployment.id);
}

function hasExpired(deployment: KeptDeployment, situation: RetentionSituation): boolean {
  const { refKind, ref, finishedAt, createdAt } = deployment;
  const since = refKind === 'branch' ? situation.goneBranches.get(ref) : (finishedAt ?? createdAt);
  return since !== undefined && since + situation.previewMs <= situation.now;
}

function isBeyond(deployment: KeptDeployment, kept: ReadonlySet<string>): boolean {
  return deployment.refKind === 'branch' && !kept.has(deployment.id);
}

function newestOfBranches({ deployments, keepPerBranch }: RetentionSituation): Set<string> {
  const ofBranches = deployments.filter((deployment) => deployment.refKind === 'branch');
  const kept = new Set<string>();
  for (const group of Map.groupBy(ofBranches, (deployment) => deployment.ref).values()) {
    const newest = group.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
    const ready = newest.filter((deployment) => deployment.status === 'ready');
    for (const list of [newest, ready]) {
      for (const { id } of list.slice(0, keepPerBranch)) kept.add(id);
    }
  }
  return kept;
}
