import { sql } from 'drizzle-orm';
import { type Executor, queryRows } from './database.ts';
import { githubPaces } from './github-schema.ts';

export interface PaceClaim {
  readonly installationId: number;
  /** Random: whoever claims later is another one. */
  readonly writer: string;
  /** Epoch milliseconds, by the clock that all processes have in common. */
  readonly at: number;
  /** By when the writer has ended or died. */
  readonly until: number;
}

/**
 * Takes an installation for one write; otherwise when it is worth asking again. One statement, so that of two processes
 * only one gets the row: the other waits for its commit and then finds a writer.
 */
export async function claimGithubPace(
  db: Executor,
  { installationId, writer, at, until }: PaceClaim,
): Promise<{ readonly isClaimed: boolean; readonly freeAt: number }> {
  const [now, end] = [moment(at), moment(until)];
  const claimed = await queryRows(
    db,
    sql`insert into ${githubPaces} as pace (installation_id, writer, writer_until, next_write_at)
      values (${installationId}, ${writer}, ${end}, ${now})
      on conflict (installation_id) do update set writer = excluded.writer, writer_until = excluded.writer_until
      where pace.next_write_at <= ${now}
        and (pace.silent_until is null or pace.silent_until <= ${now})
        and (pace.writer is null or pace.writer_until <= ${now})
      returning pace.installation_id`,
  );
  if (claimed.length > 0) return { isClaimed: true, freeAt: at };
  return { isClaimed: false, freeAt: await readFreeAt(db, installationId, at) };
}

async function readFreeAt(db: Executor, installationId: number, at: number): Promise<number> {
  const [row] = await queryRows<{ free: string; silent: string | null }>(
    db,
    sql`select ${milliseconds(sql`next_write_at`)} as free, ${milliseconds(sql`silent_until`)} as silent
      from ${githubPaces} where installation_id = ${installationId}`,
  );
  return Math.max(at, Number(row?.free ?? at), Number(row?.silent ?? at));
}

/** Prolongs a writer's turn, if it is still his. */
export async function renewGithubPace(
  db: Executor,
  { installationId, writer }: Pick<PaceClaim, 'installationId' | 'writer'>,
  until: number,
): Promise<void> {
  await db.execute(
    sql`update ${githubPaces} set writer_until = ${moment(until)}
      where installation_id = ${installationId} and writer = ${writer}`,
  );
}

/** Ends a write, if it is still this writer's, and says when the next one may begin. */
export async function releaseGithubPace(
  db: Executor,
  { installationId, writer }: Pick<PaceClaim, 'installationId' | 'writer'>,
  nextWriteAt: number,
): Promise<void> {
  await db.execute(
    sql`update ${githubPaces} set writer = null, writer_until = null,
        next_write_at = greatest(next_write_at, ${moment(nextWriteAt)})
      where installation_id = ${installationId} and writer = ${writer}`,
  );
}

/** Nobody calls for an installation before then. An earlier moment never shortens a later one. */
export async function silenceGithub(db: Executor, installationId: number, until: number): Promise<void> {
  await db.execute(
    sql`insert into ${githubPaces} as pace (installation_id, next_write_at, silent_until)
      values (${installationId}, ${moment(until)}, ${moment(until)})
      on conflict (installation_id) do update
        set silent_until = greatest(pace.silent_until, excluded.silent_until)`,
  );
}

/** Until when GitHub has asked for silence; undefined when it has not, or that is over. */
export async function readGithubSilence(
  db: Executor,
  installationId: number,
  at: number,
): Promise<number | undefined> {
  const [row] = await queryRows<{ silent: string }>(
    db,
    sql`select ${milliseconds(sql`silent_until`)} as silent from ${githubPaces}
      where installation_id = ${installationId} and silent_until > ${moment(at)}`,
  );
  return row === undefined ? undefined : Number(row.silent);
}

function moment(at: number) {
  return sql`${new Date(at).toISOString()}::timestamptz`;
}

function milliseconds(column: ReturnType<typeof sql>) {
  return sql`(extract(epoch from ${column}) * 1000)::bigint::text`;
}
