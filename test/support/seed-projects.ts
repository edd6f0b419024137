import { sql } from 'drizzle-orm';
import type { Database } from '../../app/db/database.ts';

export interface Seed {
  readonly projects: number;
  readonly deploymentsPerProject: number;
}

/** Names as people give them; a number keeps slugs apart. Every word is that of many projects. */
const ADJECTIVES = ['Acme', 'Blue', 'Northern', 'Quiet', 'Happy', 'Rapid', 'Green', 'Golden'];
const NOUNS = ['shop', 'docs', 'blog', 'landing page', 'handbook', 'portfolio', 'status'];
const STEPS = ['the header', 'a typo', 'dark mode', 'the search', 'prices', 'the footer'];

/** The slug of the seeded project with this number, from 1. */
export function seededSlug(number: number): string {
  const word = (words: readonly string[]) => words[number % words.length] ?? '';
  return `${word(ADJECTIVES)}-${word(NOUNS)}-${number}`.toLowerCase().replaceAll(' ', '-');
}

/** The id of the seeded deployment with this number, from 1; the newest has the highest. */
export function seededDeploymentId(number: number): string {
  return `d${String(number).padStart(19, '0')}`;
}

/**
 * Projects with branches, deployments and hosts by the thousands, in a second or two: what a busy installation has
 * after a year. Of each project's deployments most are ready, on three branches; the newest ready one of main is live.
 */
export async function seedProjects(db: Database, seed: Seed): Promise<void> {
  const { projects, deploymentsPerProject } = seed;
  const deployments = projects * deploymentsPerProject;
  const words = (list: readonly string[]) => sql`(${sql.raw(`array['${list.join("','")}']`)})`;
  await db.execute(sql`
    insert into projects (id, slug, name, git_url, production_branch, settings, created_at)
    select 'p' || lpad(i::text, 19, '0'), replace(lower(name), ' ', '-') || '-' || i, name || ' ' || i,
      'https://git.example.com/team/site-' || i, 'main', '{}', timestamptz '2025-01-01' + i * interval '7 minutes'
    from generate_series(1, ${projects}::int) i,
      lateral (select ${words(ADJECTIVES)}[i % ${ADJECTIVES.length} + 1] || ' ' || ${words(NOUNS)}[i % ${NOUNS.length} + 1]) as named(name)`);
  await db.execute(sql`
    insert into branches (project_id, name, slug, generation, commit)
    select p.id, b.name, b.slug, nextval('generations'), md5(p.id || b.name) || '00000000'
    from projects p, (values ('main', 'main'), ('feature/search', 'feature-search-0a1b2c3d'), ('fix-typo', 'fix-typo')) b(name, slug)`);
  await db.execute(sql`
    insert into deployments (id, project_id, environment, ref_kind, ref, commit, commit_subject, commit_author, requested_by,
      generation, status, reason, message, settings, attempts_left, manifest, file_count, output_bytes, framework, phases,
      created_at, started_at, finished_at)
    select 'd' || lpad(i::text, 19, '0'), 'p' || lpad((i % ${projects}::int + 1)::text, 19, '0'),
      case when ref = 'main' then 'production' else 'preview' end, 'branch', ref, md5(i::text) || '00000000',
      'Improve ' || ${words(STEPS)}[i % ${STEPS.length} + 1], 'Ada Lovelace', '{"kind":"administrator"}',
      nextval('generations'), status, case when status = 'failed' then 'build_failed' end, null, '{}', 1,
      case when status = 'ready' then md5(i::text) || md5('m' || i) end, 42, 1234567, 'vite', ${PHASES}::jsonb, at, at + interval '1 second',
      at + interval '31 seconds'
    from generate_series(1, ${deployments}::int) i,
      lateral (select (array['main','main','feature/search','main','fix-typo'])[i / ${projects}::int % 5 + 1],
        case when i / ${projects}::int % 7 = 3 then 'failed' else 'ready' end,
        timestamptz '2025-06-01' + i * interval '3 minutes') as made(ref, status, at)`);
  await db.execute(sql`
    insert into aliases (label, project_id, kind, branch, state, deployment_id, manifest, recent, version, projected_version, changed_at)
    select distinct on (label) label, d.project_id, kind, branch, 'live', d.id, d.manifest, '[]', 1, 1, d.finished_at
    from deployments d join projects p on p.id = d.project_id join branches b on b.project_id = p.id and b.name = d.ref,
      lateral (values (d.id || '--' || p.slug, 'deployment', null), (b.slug || '--' || p.slug, 'branch', d.ref),
        (case when d.ref = 'main' then p.slug end, 'production', null)) host(label, kind, branch)
    where d.status = 'ready' and label is not null
    order by label, d.created_at desc`);
  await db.execute(sql`analyze`);
}

const PHASES = JSON.stringify(
  ['checkout', 'install', 'build', 'publish'].map((phase, index) => ({
    phase,
    startedAt: 1_748_736_000_000 + index * 5000,
    endedAt: 1_748_736_004_000 + index * 5000,
  })),
);
