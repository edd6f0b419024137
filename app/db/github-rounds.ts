import { eq, inArray, sql } from 'drizzle-orm';
import type { RoundState } from '../domain/github/plan-round.ts';
import { type Executor, queryRows } from './database.ts';
import type { RepositoryRow } from './github-repositories.ts';
import { githubDeliveries, githubRepositories, githubRounds } from './github-schema.ts';

/** GUIDs of one statement; PostgreSQL takes 65,534 parameters. */
const MAX_GUIDS = 5000;

/** How far an App's deliveries were looked through; undefined before the first round. */
export async function findRound(db: Executor, appId: number): Promise<RoundState | undefined> {
  const [row] = await db.select().from(githubRounds).where(eq(githubRounds.appId, appId));
  return row;
}

export async function saveRound(db: Executor, appId: number, state: RoundState): Promise<void> {
  await db
    .insert(githubRounds)
    .values({ appId, ...state })
    .onConflictDoUpdate({ target: githubRounds.appId, set: state });
}

/** Those of the GUIDs whose delivery is recorded here. */
export async function listReceivedGuids(db: Executor, guids: readonly string[]): Promise<Set<string>> {
  const received = new Set<string>();
  for (let first = 0; first < guids.length; first += MAX_GUIDS) {
    const rows = await db
      .select({ guid: githubDeliveries.guid })
      .from(githubDeliveries)
      .where(inArray(githubDeliveries.guid, guids.slice(first, first + MAX_GUIDS)));
    for (const { guid } of rows) received.add(guid);
  }
  return received;
}

export interface ClaimRepositories {
  readonly at: Date;
  /** Repositories that somebody has claimed after this are left alone. */
  readonly askedBefore: Date;
  /** Branches that are gone for longer are not expected back. */
  readonly goneAfter: Date;
  readonly perInstallation: number;
  readonly limit: number;
}

/**
 * Takes the repositories whose heads were not compared for longest, fairly between installations, of those with a
 * project and a branch of it that is active. They go to the end of the line at once, so that two processes never take
 * the same ones.
 */
export async function claimRepositoriesToCompare(
  db: Executor,
  { at, askedBefore, goneAfter, perInstallation, limit }: ClaimRepositories,
): Promise<RepositoryRow[]> {
  const rows = await queryRows<{ readonly id: string }>(
    db,
    sql`with waiting as (
        select r.id, row_number() over (
          partition by r.installation_id order by r.heads_asked_at nulls first, r.id) as place
        from github_repositories r
        join github_installations i on i.id = r.installation_id and i.deleted_at is null and i.suspended_at is null
        where r.removed_at is null
          and (r.heads_asked_at is null or r.heads_asked_at < ${at8601(askedBefore)})
          and exists (
            select from projects p join branches b on b.project_id = p.id
            where p.repository_id = r.id and p.deleted_at is null and ${isActive(goneAfter)})),
      chosen as (select id from waiting where place <= ${perInstallation} order by place limit ${limit})
      update github_repositories r set heads_asked_at = ${at8601(at)}
      from chosen where chosen.id = r.id and (r.heads_asked_at is null or r.heads_asked_at < ${at8601(askedBefore)})
      returning r.id`,
  );
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => Number(id));
  return db.select().from(githubRepositories).where(inArray(githubRepositories.id, ids));
}

/** They were claimed and not asked: they come first in the next round. */
export async function giveBackRepositories(db: Executor, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(githubRepositories)
    .set({ headsAskedAt: null })
    .where(inArray(githubRepositories.id, [...ids]));
}

export interface RecordedHead {
  readonly name: string;
  readonly commit: string | null;
  readonly deletedAt: Date | null;
}

/** The active branches of a project, as they are recorded. */
export async function listRecordedHeads(
  db: Executor,
  projectId: string,
  goneAfter: Date,
): Promise<RecordedHead[]> {
  const rows = await queryRows<{ name: string; commit: string | null; gone: string | null }>(
    db,
    sql`select b.name, b.commit, (extract(epoch from b.deleted_at) * 1000)::bigint::text as gone
      from branches b where b.project_id = ${projectId} and ${isActive(goneAfter)} order by b.name`,
  );
  return rows.map(({ name, commit, gone }) => ({
    name,
    commit,
    deletedAt: gone === null ? null : new Date(Number(gone)),
  }));
}

/** It is there, and so has a host that shows it; or it was a short while ago, and may have come back. */
function isActive(goneAfter: Date) {
  return sql`(b.deleted_at is null or b.deleted_at > ${at8601(goneAfter)})`;
}

function at8601(moment: Date) {
  return sql`${moment.toISOString()}::timestamptz`;
}
