import { type SQL, sql, type SQLWrapper } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import type { Served } from '../../contracts/alias.ts';
import type { BuildSettings } from '../../contracts/build-spec.ts';
import type { Variants } from '../../contracts/manifest.ts';
import type { FailureReason, PhaseTiming } from '../../contracts/phases.ts';
import type {
  AliasKind,
  AliasState,
  AttemptStatus,
  DeliveryEvent,
  DeliveryStatus,
  DeploymentSource,
  DeploymentStatus,
  Environment,
  RefKind,
  Requester,
  ShownDeployment,
  WebhookEvent,
  WebhookFormat,
} from '../domain/words.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * Where generations come from. One sequence for all branches: it needs no lock, and numbers of different
 * branches can be compared (a promotion's floor survives a change of the production branch).
 */
export const generations = pgSequence('generations');

/**
 * What a search for projects looks in: the words of name and slug. PostgreSQL takes `my-shop.dev` for one word, a host,
 * so what joins words becomes space first. Queries must say it exactly so, or they don't get the index.
 */
export function wordsOfProject({
  name,
  slug,
}: {
  readonly name: SQLWrapper;
  readonly slug: SQLWrapper;
}): SQL {
  return sql`to_tsvector('simple', translate(${name} || ' ' || ${slug}, '-_./\\@:,+&', '          '))`;
}

export const projects = pgTable(
  'projects',
  {
    id: text('id').primaryKey(),
    slug: text('slug').notNull().unique(),
    name: text('name').notNull(),
    /** Without credentials; null for a project whose folders are uploaded. */
    gitUrl: text('git_url'),
    /** `user:password` of the Git URL, encrypted; null when it had none. */
    gitCredentials: text('git_credentials'),
    productionBranch: text('production_branch').notNull(),
    settings: jsonb('settings').$type<BuildSettings>().notNull(),
    /** Builds do not move production; only promotions do. */
    holdProduction: boolean('hold_production').notNull().default(false),
    /** GitHub's id of its repository, where the App brought it in; several projects may share one (folders). */
    repositoryId: bigint('repository_id', { mode: 'number' }),
    /** A push cancels what runs of its branch. */
    cancelRunning: boolean('cancel_running').notNull().default(false),
    /** Overrides of the operator's retention settings. */
    keepPerBranch: integer('keep_per_branch'),
    previewDays: integer('preview_days'),
    createdAt: moment('created_at').notNull(),
    /** Set when deletion began; a job removes blobs, logs and, last, the row. */
    deletedAt: moment('deleted_at'),
  },
  (table) => [
    index('projects_of_repository')
      .on(table.repositoryId)
      .where(sql`${table.repositoryId} is not null`),
    index('projects_newest')
      .on(table.createdAt.desc().nullsFirst(), table.id)
      .where(sql`${table.deletedAt} is null`),
    // Without the list of pending entries, which every search would read to its end.
    index('projects_words').using('gin', wordsOfProject(table)).with({ fastupdate: false }),
  ],
);

export const branches = pgTable(
  'branches',
  {
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    slug: text('slug').notNull(),
    /** Of the newest push, deletion or deploy request. */
    generation: bigint('generation', { mode: 'number' }).notNull(),
    commit: text('commit'),
    deletedAt: moment('deleted_at'),
    /** When GitHub took the newest push that was seen, whatever was decided about it; null where none was. */
    pushedAt: moment('pushed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.name] }),
    unique('branches_slug').on(table.projectId, table.slug),
  ],
);

export const deployments = pgTable(
  'deployments',
  {
    id: text('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    environment: text('environment').$type<Environment>().notNull(),
    refKind: text('ref_kind').$type<RefKind>().notNull(),
    /** Branch, tag or commit as it was asked for. */
    ref: text('ref').notNull(),
    source: text('source').$type<DeploymentSource>().notNull().default('git'),
    /** Null for an uploaded folder that nobody named a commit for. */
    commit: text('commit'),
    /** First line and author of the commit, as its checkout says; null until then. */
    commitSubject: text('commit_subject'),
    commitAuthor: text('commit_author'),
    /** Null for deployments of before this was kept. */
    requestedBy: jsonb('requested_by').$type<Requester>(),
    /** Number of the pull request that it is for: a fork's, or the newest open one of its branch when it was asked for. */
    pullRequest: integer('pull_request'),
    /** Of a fork's: the branch of the project's repository that its offshoot.json is read from. */
    baseRef: text('base_ref'),
    /** A fork's build gets no secrets and writes no cache, also when somebody has approved it. */
    isTrusted: boolean('is_trusted').notNull().default(true),
    /** Null for tags and commits: they get their own host only. */
    generation: bigint('generation', { mode: 'number' }),
    status: text('status').$type<DeploymentStatus>().notNull(),
    reason: text('reason').$type<FailureReason>(),
    /** One or two sentences for people about `status`. */
    message: text('message'),
    /** Settings of the project when it was asked for: a redeploy of an old one does not change under it. */
    settings: jsonb('settings').$type<BuildSettings>().notNull(),
    attemptsLeft: integer('attempts_left').notNull(),
    manifest: text('manifest'),
    fileCount: integer('file_count'),
    outputBytes: bigint('output_bytes', { mode: 'number' }),
    framework: text('framework'),
    /** Its offshoot.json names `paths`, as its builder has found. */
    filtersPaths: boolean('filters_paths').notNull().default(false),
    phases: jsonb('phases').$type<PhaseTiming[]>().notNull(),
    pinned: boolean('pinned').notNull().default(false),
    /** GitHub's id of the repository whose commit shows its status; null where no App reports. */
    reportsTo: bigint('reports_to', { mode: 'number' }),
    /** What the commit's status at GitHub says of it. */
    reportedStatus: text('reported_status').$type<DeploymentStatus>(),
    /** Why GitHub will not be told any more; a sentence for people. */
    reportProblem: text('report_problem'),
    /** GitHub's id of its deployment for this one; null until it has answered. */
    githubDeploymentId: bigint('github_deployment_id', { mode: 'number' }),
    /** What GitHub's deployment says of it; null where GitHub was never asked to make one. */
    githubDeploymentShows: text('github_deployment_shows').$type<ShownDeployment>(),
    /** Why GitHub's deployment is not kept up any more; a sentence for people. */
    githubDeploymentProblem: text('github_deployment_problem'),
    cancelRequestedAt: moment('cancel_requested_at'),
    /** No builder takes it before: meanwhile its changed files are compared with `paths`. Null once that is done. */
    heldUntil: moment('held_until'),
    createdAt: moment('created_at').notNull(),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
  },
  (table) => [
    // `nullsFirst` is what `order by … desc` means: with PostgreSQL's words for it alone the lists use the index.
    index('deployments_of_project').on(table.projectId, table.createdAt.desc().nullsFirst(), table.id),
    index('deployments_newest').on(table.createdAt.desc().nullsFirst(), table.id),
    index('deployments_of_ref').on(
      table.projectId,
      table.refKind,
      table.ref,
      table.createdAt.desc().nullsFirst(),
      table.id,
    ),
    index('deployments_unreported')
      .on(table.createdAt)
      .where(
        sql`${table.reportsTo} is not null and ${table.reportProblem} is null and ${table.reportedStatus} is distinct from ${table.status}`,
      ),
    // What GitHub's deployments may be behind of: github-deployment-reports.ts says exactly this.
    index('deployments_not_shown')
      .on(table.createdAt)
      .where(
        sql`${table.reportsTo} is not null and ${table.githubDeploymentProblem} is null and ${table.githubDeploymentShows} is distinct from ${table.status} and ${table.githubDeploymentShows} is distinct from 'replaced' and ${table.status} not in ('blocked', 'skipped') and not (${table.githubDeploymentShows} is null and ${table.status} in ('canceled', 'superseded'))`,
      ),
    index('deployments_shown_ready')
      .on(table.id)
      .where(sql`${table.githubDeploymentShows} = 'ready'`),
    index('deployments_of_fork')
      .on(table.projectId, table.pullRequest, table.createdAt.desc().nullsFirst())
      .where(sql`${table.pullRequest} is not null`),
    index('deployments_unfinished')
      .on(table.createdAt)
      .where(sql`${table.status} in ('queued', 'launching', 'building')`),
  ],
);

export const attempts = pgTable(
  'attempts',
  {
    id: text('id').primaryKey(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** From 1; part of every log line's name. */
    number: integer('number').notNull(),
    status: text('status').$type<AttemptStatus>().notNull(),
    /** SHA-256 of the builder's token and of its nonce, hexadecimal. */
    tokenHash: text('token_hash').notNull().unique(),
    nonceHash: text('nonce_hash'),
    launcher: text('launcher').notNull(),
    /** What the launcher needs to ask about, or stop, what it started. */
    handle: jsonb('handle').$type<Record<string, unknown>>(),
    /** Sealed; what the builder fetches a repository of the GitHub App's with, until its checkout is over. */
    checkoutToken: text('checkout_token'),
    leaseExpiresAt: moment('lease_expires_at').notNull(),
    /** The builder's last sequence number, when it said so. */
    lastSeq: bigint('last_seq', { mode: 'number' }),
    createdAt: moment('created_at').notNull(),
    claimedAt: moment('claimed_at'),
    endedAt: moment('ended_at'),
  },
  (table) => [
    unique('attempts_number').on(table.deploymentId, table.number),
    index('attempts_running')
      .on(table.leaseExpiresAt)
      .where(sql`${table.endedAt} is null`),
  ],
);

export const aliases = pgTable(
  'aliases',
  {
    /** The host's label: globally unique, since every project has its own slug. */
    label: text('label').primaryKey(),
    projectId: text('project_id').notNull(),
    kind: text('kind').$type<AliasKind>().notNull(),
    branch: text('branch'),
    state: text('state').$type<AliasState>().notNull(),
    deploymentId: text('deployment_id'),
    manifest: text('manifest'),
    reason: text('reason').$type<FailureReason>(),
    recent: jsonb('recent').$type<Served[]>().notNull(),
    /** Builds of this generation and older ones may not move it any more (set by promotion and rollback). */
    floorGeneration: bigint('floor_generation', { mode: 'number' }).notNull().default(0),
    /** Rises with every change; storage is behind while `projectedVersion` is smaller. */
    version: bigint('version', { mode: 'number' }).notNull(),
    projectedVersion: bigint('projected_version', { mode: 'number' }).notNull().default(0),
    changedAt: moment('changed_at').notNull(),
  },
  (table) => [
    index('aliases_of_project').on(table.projectId),
    index('aliases_of_deployment').on(table.deploymentId),
    index('aliases_that_come_back')
      .on(table.deploymentId)
      .where(sql`${table.kind} in ('production', 'pull-request')`),
    index('aliases_behind')
      .on(table.label)
      .where(sql`${table.projectedVersion} < ${table.version}`),
  ],
);

export const blobs = pgTable(
  'blobs',
  {
    projectId: text('project_id').notNull(),
    sha256: text('sha256').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    variants: jsonb('variants').$type<Variants>().notNull(),
    /** Null until a finished publish has proved that storage has it. */
    storedAt: moment('stored_at'),
    /** When a publish last named it: younger ones are never collected. */
    announcedAt: moment('announced_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.sha256] })],
);

/** Somebody who signed in to the dashboard, on one browser. */
export const sessions = pgTable(
  'sessions',
  {
    /** SHA-256 of the cookie's value, hexadecimal. */
    tokenHash: text('token_hash').primaryKey(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('sessions_expiry').on(table.expiresAt)],
);

/** A link that signs in once. */
export const loginLinks = pgTable(
  'login_links',
  {
    /** SHA-256 of the link's secret part, hexadecimal. */
    tokenHash: text('token_hash').primaryKey(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('login_links_expiry').on(table.expiresAt)],
);

/** A secret URL that deploys one branch of one project. */
export const deployHooks = pgTable(
  'deploy_hooks',
  {
    id: text('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    branch: text('branch').notNull(),
    /** SHA-256 of the URL's secret part, hexadecimal. */
    tokenHash: text('token_hash').notNull().unique(),
    createdAt: moment('created_at').notNull(),
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [index('deploy_hooks_of_project').on(table.projectId, table.createdAt)],
);

/** Whom a project tells what became of its deployments. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    format: text('format').$type<WebhookFormat>().notNull(),
    /** Sealed: those of Slack are secrets themselves. */
    url: text('url').notNull(),
    /** What people are shown of the URL. */
    urlHint: text('url_hint').notNull(),
    /** Sealed; what deliveries are signed with. Null for Slack. */
    secret: text('secret'),
    events: jsonb('events').$type<WebhookEvent[]>().notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('webhooks_of_project').on(table.projectId, table.createdAt)],
);

/** One message to one webhook, and what was answered. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: text('id').primaryKey(),
    webhookId: text('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** Of a deployment that may be gone by now. A ping has none: its own id stands here. */
    deploymentId: text('deployment_id').notNull(),
    event: text('event').$type<DeliveryEvent>().notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    /** The body, written when the event happened: tries of one delivery all send the same. */
    payload: text('payload').notNull(),
    tries: integer('tries').notNull().default(0),
    /** Of the newest try: the answer's status and beginning, or why there was none. */
    responseStatus: integer('response_status'),
    responseBody: text('response_body'),
    error: text('error'),
    tookMs: integer('took_ms'),
    createdAt: moment('created_at').notNull(),
    triedAt: moment('tried_at'),
    /** When the next try is due (while one is under way: when it counts as lost); null once it is over. */
    dueAt: moment('due_at'),
  },
  (table) => [
    index('webhook_deliveries_newest').on(table.webhookId, table.createdAt.desc().nullsFirst(), table.id),
    index('webhook_deliveries_due')
      .on(table.dueAt)
      .where(sql`${table.dueAt} is not null`),
    unique('webhook_deliveries_once').on(table.webhookId, table.deploymentId, table.event),
  ],
);
