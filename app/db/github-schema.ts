import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { DeliveryOutcome } from '../domain/words.ts';
import { projects } from './schema.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
/** GitHub's numeric ids: they stay when things are renamed or transferred. All are below 2^53. */
const githubId = (name: string) => bigint(name, { mode: 'number' });

/** The GitHub App that was made at /setup: one row at most. What the environment names wins. */
export const githubApp = pgTable('github_app', {
  appId: githubId('app_id').primaryKey(),
  slug: text('slug').notNull(),
  name: text('name').notNull(),
  htmlUrl: text('html_url').notNull(),
  clientId: text('client_id').notNull(),
  /** Sealed JSON: privateKey, webhookSecret, clientSecret. */
  secrets: text('secrets').notNull(),
  createdAt: moment('created_at').notNull(),
});

/** A walk through GitHub's pages that has begun at /setup and not come back: it may come back once, in its browser. */
export const githubSetups = pgTable('github_setups', {
  /** SHA-256 of the state, hexadecimal. */
  stateHash: text('state_hash').primaryKey(),
  /** Of the session in which it began; other sessions may not end it. */
  sessionHash: text('session_hash').notNull(),
  expiresAt: moment('expires_at').notNull(),
});

/**
 * When GitHub may be called for an installation. Whoever writes holds the row until `writer_until`, by which he must
 * have died; a row rather than a lock, since that would be a connection for each write to GitHub that hangs.
 */
export const githubPaces = pgTable('github_paces', {
  installationId: githubId('installation_id').primaryKey(),
  /** Random, of the write that is under way. */
  writer: text('writer'),
  writerUntil: moment('writer_until'),
  /** A second after the last write. */
  nextWriteAt: moment('next_write_at').notNull(),
  /** GitHub has asked for silence until then, reads included. */
  silentUntil: moment('silent_until'),
});

/** Where the App is installed: an account. Rows stay when it is uninstalled, so that nothing is hidden. */
export const githubInstallations = pgTable('github_installations', {
  id: githubId('id').primaryKey(),
  /** Null until a webhook has said it. */
  accountId: githubId('account_id'),
  accountLogin: text('account_login').notNull(),
  suspendedAt: moment('suspended_at'),
  deletedAt: moment('deleted_at'),
  /** GitHub's time of the newest word about it: what comes late never writes over what is newer. */
  toldAt: moment('told_at'),
});

/** A repository that the App was given; projects.repository_id names it. */
export const githubRepositories = pgTable(
  'github_repositories',
  {
    id: githubId('id').primaryKey(),
    installationId: githubId('installation_id')
      .notNull()
      .references(() => githubInstallations.id),
    /** `owner/name` as it is now. */
    fullName: text('full_name').notNull(),
    htmlUrl: text('html_url').notNull(),
    /** Null until a webhook or GitHub itself has said it. */
    defaultBranch: text('default_branch'),
    isPrivate: boolean('is_private').notNull(),
    /** The App has no access any more, or it was deleted. */
    removedAt: moment('removed_at'),
    /** GitHub's time of the newest word about its name, owner and default branch. */
    toldAt: moment('told_at'),
    /** When its heads were last compared with ours; null puts it first in line. */
    headsAskedAt: moment('heads_asked_at'),
  },
  (table) => [index('github_repositories_of_installation').on(table.installationId)],
);

/** How far GitHub's list of an App's deliveries was looked through for those that failed. */
export const githubRounds = pgTable('github_rounds', {
  appId: githubId('app_id').primaryKey(),
  /** All that GitHub sent before is settled. */
  since: moment('since').notNull(),
  /** Where the next round goes on, of a list that is too long for one; null where it begins at the newest. */
  cursor: text('cursor'),
  /** Of such a list: when its first round began, and the oldest delivery in it that is not settled. */
  beganAt: moment('began_at'),
  oldestOpen: moment('oldest_open'),
});

/** One webhook as GitHub sent it, with what was decided about it. Kept for 30 days. */
export const githubDeliveries = pgTable(
  'github_deliveries',
  {
    /** X-GitHub-Delivery: the same again when GitHub is asked to deliver it again. */
    guid: text('guid').primaryKey(),
    event: text('event').notNull(),
    action: text('action'),
    installationId: githubId('installation_id'),
    repositoryId: githubId('repository_id'),
    repositoryName: text('repository_name'),
    outcome: text('outcome').$type<DeliveryOutcome>().notNull(),
    /** One sentence for people. */
    reason: text('reason').notNull(),
    /** The body; null where it was larger than is kept. */
    payload: text('payload'),
    receivedAt: moment('received_at').notNull(),
    /** When it was last replayed by a person. */
    replayedAt: moment('replayed_at'),
  },
  (table) => [
    index('github_deliveries_newest').on(table.receivedAt.desc().nullsFirst(), table.guid),
    index('github_deliveries_of_repository').on(
      table.repositoryId,
      table.receivedAt.desc().nullsFirst(),
      table.guid,
    ),
  ],
);

/** A pull request of one project's repository, as the newest webhook (or GitHub itself) has told it. */
export const pullRequests = pgTable(
  'pull_requests',
  {
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    title: text('title').notNull(),
    authorLogin: text('author_login').notNull(),
    /** Null when the fork is gone. Trusted only where it is the project's own repository. */
    headRepositoryId: githubId('head_repository_id'),
    headRef: text('head_ref').notNull(),
    headCommit: text('head_commit').notNull(),
    /** By GitHub's clock, since when head and base are known to be these: what a comment of before can't have meant. */
    headSince: moment('head_since'),
    baseRef: text('base_ref').notNull(),
    isDraft: boolean('is_draft').notNull(),
    isOpen: boolean('is_open').notNull(),
    /** GitHub's `updated_at`: an older webhook never writes over a newer one. */
    updatedAt: moment('updated_at').notNull(),
    /** Of a fork's newest request, closing or reopening; from the sequence of all generations. */
    generation: bigint('generation', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.number] }),
    index('pull_requests_of_head')
      .on(table.projectId, table.headRef)
      .where(sql`${table.isOpen}`),
  ],
);

/** Our comment under a pull request, one for all projects of its repository; a row from the first try to write it. */
export const pullRequestComments = pgTable(
  'pull_request_comments',
  {
    repositoryId: githubId('repository_id').notNull(),
    number: integer('number').notNull(),
    /** GitHub's id of it; null until GitHub has answered. */
    commentId: githubId('comment_id'),
    /**
     * What it shows, as github-comments.ts makes a word of it; `closed` when it is not written any more, `unknown`
     * until GitHub has answered for the first time.
     */
    shown: text('shown').notNull(),
    /** Why GitHub has refused what it was to show; a sentence for people. The next change is tried again. */
    problem: text('problem'),
    /** When it is written again, although nothing has changed: the log could not be read. */
    againAt: moment('again_at'),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.number] }),
    index('pull_request_comments_living')
      .on(table.repositoryId, table.number)
      .where(sql`${table.shown} <> 'closed'`),
  ],
);
