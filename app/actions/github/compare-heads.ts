import { limitAtOnce } from '../../../git/limit-at-once.ts';
import type { Database } from '../../db/database.ts';
import { listProjectsOfRepository, type RepositoryRow } from '../../db/github-repositories.ts';
import {
  claimRepositoriesToCompare,
  giveBackRepositories,
  listRecordedHeads,
} from '../../db/github-rounds.ts';
import { planHeadSync } from '../../domain/github/plan-head-sync.ts';
import { isPassing } from '../../domain/github-failure.ts';
import type { GithubClients, Octokit } from '../../github/client/app-octokit.ts';
import { listBranchHeads } from '../../github/client/list-branch-heads.ts';
import { type PaceDependencies, paceRead } from '../../github/client/pace-writes.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { JobSender } from '../../jobs/queue.ts';
import type { GithubConnection } from '../github-connection.ts';

export interface CompareHeadsDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
  readonly now: () => number;
  readonly githubRoundSeconds: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * A branch is active while it is there: it has a host, and whoever opens that expects its newest commit. One that was
 * deleted may have come back, and is compared for so long.
 */
const GONE_DAYS = 30;
/**
 * Each repository is one call, of the 5,000 an hour that GitHub grants an installation at least: 1,200 an hour. With more
 * repositories than this they take turns: 10,000 in one account are through in some eight hours.
 */
const MAX_REPOSITORIES_OF_INSTALLATION = 100;
const MAX_REPOSITORIES = 1000;
/** Each becomes a `sync-branch`, of two calls: 2,400 more an hour. */
const MAX_SYNCS_OF_INSTALLATION = 100;
const INSTALLATIONS_AT_ONCE = 8;
/** Then GitHub is away, and the next round tries again. One alone may be a repository that it chokes on. */
const MAX_FAILURES_IN_ROW = 3;

/** What is common to all that one round asks. */
interface Round extends CompareHeadsDependencies {
  readonly clients: GithubClients;
  readonly signal: AbortSignal;
  readonly goneAfter: Date;
  failuresInRow: number;
}

/**
 * Compares the branches that are recorded with those that GitHub has, and lets `sync-branch` ask about each that differs:
 * a webhook that was lost altogether is in no list of GitHub's. A round takes the repositories that were not compared for
 * longest, so that its cost stays the same however many there are.
 */
export async function compareHeads(
  dependencies: CompareHeadsDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { db, github, now, githubRoundSeconds } = dependencies;
  const connection = await github.read();
  if (connection.state !== 'ready') return;
  const at = now();
  const goneAfter = new Date(at - GONE_DAYS * DAY_MS);
  const claimed = await claimRepositoriesToCompare(db, {
    at: new Date(at),
    // Rounds are a little less than this apart where a process was slow.
    askedBefore: new Date(at - (githubRoundSeconds * 1000) / 2),
    goneAfter,
    perInstallation: MAX_REPOSITORIES_OF_INSTALLATION,
    limit: MAX_REPOSITORIES,
  });
  const round = { ...dependencies, clients: connection.clients, signal, goneAfter, failuresInRow: 0 };
  const compare = limitAtOnce(INSTALLATIONS_AT_ONCE, compareInstallation);
  const installations = Map.groupBy(claimed, ({ installationId }) => installationId);
  await Promise.all([...installations].map(([id, repositories]) => compare(id, repositories, round)));
}

/** One after another; those that are not asked any more come first in the next round. */
async function compareInstallation(
  installationId: number,
  repositories: readonly RepositoryRow[],
  round: Round,
): Promise<void> {
  let asked = 0;
  try {
    const client = round.clients.installation(installationId);
    let syncs = 0;
    for (const repository of repositories) {
      if (round.signal.aborted || round.failuresInRow >= MAX_FAILURES_IN_ROW) break;
      const compared = await compareRepository(client, repository, MAX_SYNCS_OF_INSTALLATION - syncs, round);
      if (compared === 'silence') break;
      asked += 1;
      syncs += compared;
      if (syncs >= MAX_SYNCS_OF_INSTALLATION) break;
    }
  } finally {
    await giveBackRepositories(
      round.db,
      repositories.slice(asked).map(({ id }) => id),
    );
  }
}

/**
 * How many branches differ; `silence` where GitHub wants no calls of this installation.
 */
async function compareRepository(
  client: Octokit,
  { id, installationId, fullName }: RepositoryRow,
  maxSyncs: number,
  round: Round,
): Promise<number | 'silence'> {
  const { now, githubPace } = round;
  const read = () => listBranchHeads(client, placeOfRepository(fullName), { now });
  const paced = await paceRead(installationId, read, githubPace);
  if (paced.outcome === 'wait') return 'silence';
  const { result } = paced;
  if (result.ok) {
    round.failuresInRow = 0;
    return syncBranchesOf(id, result.value, maxSyncs, round);
  }
  if (!isPassing(result.failure)) return 0;
  if (result.failure.retryAt !== null) return 'silence';
  round.failuresInRow += 1;
  return 0;
}

async function syncBranchesOf(
  repositoryId: number,
  heads: ReadonlyMap<string, string>,
  maxSyncs: number,
  { db, jobs, goneAfter, githubRoundSeconds }: Round,
): Promise<number> {
  let syncs = 0;
  for (const { id: projectId } of await listProjectsOfRepository(db, repositoryId)) {
    const recorded = await listRecordedHeads(db, projectId, goneAfter);
    for (const branch of planHeadSync(recorded, heads).slice(0, maxSyncs - syncs)) {
      // Not again while the last one may still wait its turn.
      const once = { oncePerSeconds: githubRoundSeconds, key: `${projectId}/${branch}` };
      await jobs.send(db, 'sync-branch', { projectId, branch }, once);
      syncs += 1;
    }
  }
  return syncs;
}
