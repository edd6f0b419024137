import { z } from 'zod';

// The parts that many of GitHub's payloads have in common. Strict about names, numbers and commits, since rows are
// found by them; free text is mended and cut instead, since no push may be lost for a long or odd commit message.

export const MAX_LOGIN_LENGTH = 100;
export const MAX_FULL_NAME_LENGTH = 256;
const MAX_URL_LENGTH = 2048;
export const MAX_BRANCH_LENGTH = 255;
export const MAX_IDENTIFIER_LENGTH = 256;
export const MAX_TITLE_LENGTH = 300;
/** GitHub's own bound on comments; commit messages have none. */
export const MAX_TEXT_LENGTH = 65_536;
/** Who is named where GitHub names nobody: the account is gone. It is GitHub's own word for it. */
export const GHOST = 'ghost';
/** What Git calls the commit of a branch that does not exist (yet, or any more). */
export const NO_COMMIT = '0'.repeat(40);

/** GitHub's ids are numbers that JavaScript can tell apart: below 2^53. */
export const id = z.int().positive();
export const line = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine(
      (text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
      'one line of text expected',
    );
/** PostgreSQL keeps no NUL, and half of a surrogate pair is no text. */
export const freeText = (maxLength: number) =>
  z.string().transform((text) => text.slice(0, maxLength).toWellFormed().replaceAll('\0', ''));
export const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
export const login = z
  .object({ login: line(MAX_LOGIN_LENGTH) })
  .nullish()
  .transform((user) => user?.login ?? GHOST);

export const installationRef = z
  .object({ id }, 'the App’s installation is missing: it comes from another webhook than the App’s')
  .transform((installation) => installation.id);

export const namedRepository = z.object({ id, full_name: line(MAX_FULL_NAME_LENGTH), private: z.boolean() });

/** The last second that a Date can hold. */
const MAX_EPOCH_SECONDS = 8_640_000_000_000;
/** Seconds since 1970 in some payloads, a date in all others; null where it is neither. */
export const momentOrSeconds = z
  .union([
    z
      .int()
      .min(0)
      .max(MAX_EPOCH_SECONDS)
      .transform((seconds) => new Date(seconds * 1000)),
    moment,
  ])
  .nullable()
  .catch(null);

export const repository = namedRepository
  .extend({
    html_url: line(MAX_URL_LENGTH).regex(/^https?:\/\//, 'a web address expected'),
    default_branch: line(MAX_BRANCH_LENGTH),
    pushed_at: momentOrSeconds,
    updated_at: momentOrSeconds.optional(),
  })
  .transform((given) => ({
    id: given.id,
    fullName: given.full_name,
    htmlUrl: given.html_url,
    defaultBranch: given.default_branch,
    isPrivate: given.private,
    /** When GitHub took its newest push, to the second. */
    pushedAt: given.pushed_at,
    /** When it was changed last as GitHub tells it here; null where it does not say. */
    toldAt: given.updated_at ?? null,
  }));

/** What every webhook of a repository has. */
export const inRepository = { installation: installationRef, repository, sender: login };
export const action = line(MAX_IDENTIFIER_LENGTH);
