import { bigint, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const githubId = (name: string) => bigint(name, { mode: 'number' });

/**
 * A browser that is signed in as somebody of GitHub. Not rows of `sessions`: a program of before, which runs on during
 * an update, takes all of those for the administrator's.
 */
export const githubSessions = pgTable(
  'github_sessions',
  {
    /** SHA-256 of the cookie's value, hexadecimal. */
    tokenHash: text('token_hash').primaryKey(),
    /** GitHub's number of the person: logins change. */
    userId: githubId('user_id').notNull(),
    login: text('login').notNull(),
    /** The App that they signed in through: another one's token says nothing. */
    appId: githubId('app_id').notNull(),
    /** Sealed: what GitHub is asked with for the person's repositories. */
    userToken: text('user_token').notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('github_sessions_of_user').on(table.userId, table.createdAt),
    index('github_sessions_expiry').on(table.expiresAt),
  ],
);

/** Somebody who was sent to GitHub to sign in: they may come back once, in the same browser. */
export const githubSignIns = pgTable(
  'github_sign_ins',
  {
    /** SHA-256 of the state, hexadecimal. */
    stateHash: text('state_hash').primaryKey(),
    /** SHA-256 of the secret in the browser's cookie. */
    browserHash: text('browser_hash').notNull(),
    /** A path of ours. */
    next: text('next').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('github_sign_ins_expiry').on(table.expiresAt)],
);
