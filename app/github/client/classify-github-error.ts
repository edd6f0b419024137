import { z } from 'zod';
import type { GithubFailure } from '../../domain/github-failure.ts';
import { parseRetryAfter } from '../../domain/parse-retry-after.ts';

/** What GitHub asks for where it names no time: "wait for at least one minute". */
const UNNAMED_WAIT_MS = 60_000;
/** Primary limits are of an hour. More is a broken clock, and would silence an installation for days. */
const MAX_WAIT_MS = 2 * 60 * 60_000;
/** The moment of a reset is told in whole seconds; a moment too early is an early retry. */
const RESET_MARGIN_MS = 1000;
const MAX_MESSAGE_LENGTH = 500;
const SECOND_MS = 1000;

/** What Octokit throws for every request that has not succeeded; without a response when none came. */
const requestErrorSchema = z.object({
  name: z.literal('HttpError'),
  message: z.string(),
  status: z.number(),
  response: z.object({ headers: z.record(z.string(), z.unknown()), data: z.unknown() }).optional(),
});

interface Answer {
  readonly status: number;
  /** GitHub's own words, bounded. */
  readonly message: string;
  header(name: string): string | undefined;
}

/**
 * What an error of Octokit's means for whoever made the call; undefined for other errors, which are bugs. `now` in
 * epoch milliseconds.
 */
export function classifyGithubError(error: unknown, now: number): GithubFailure | undefined {
  if (isAborted(error)) return unavailable('GitHub did not answer in time', null);
  const parsed = requestErrorSchema.safeParse(error);
  if (!parsed.success) return undefined;
  const { status, message, response } = parsed.data;
  if (response === undefined) return unavailable(`GitHub can't be reached: ${bounded(message)}`, null);
  return classifyAnswer(
    {
      status,
      message: bounded(message),
      header: (name) => {
        const value = response.headers[name];
        return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
      },
    },
    now,
  );
}

function classifyAnswer(answer: Answer, now: number): GithubFailure {
  const { status } = answer;
  const message = `GitHub answered ${status}: ${answer.message}`;
  const retryAt = retryAtOf(answer, now);
  if (status === 429 || (retryAt !== undefined && status < 500))
    return { kind: 'rate_limited', retryAt: retryAt ?? now + UNNAMED_WAIT_MS, message };
  if (status >= 500 || status === 408) return unavailable(message, retryAt ?? null);
  if (status === 401) return { kind: 'unauthorized', message };
  if (status === 404) return { kind: 'not_found', message };
  if (status === 403) return { kind: isSuspended(answer) ? 'suspended' : 'forbidden', message };
  return { kind: 'refused', status, message };
}

/** When the call may be made again; undefined where the answer is not about too many calls. */
function retryAtOf(answer: Answer, now: number): number | undefined {
  const { status } = answer;
  if (![403, 422, 429].includes(status) && status < 500) return undefined;
  const waitMs = status === 422 ? undefined : parseRetryAfter(answer.header('retry-after'), now);
  if (waitMs !== undefined && waitMs !== null) return now + Math.min(waitMs, MAX_WAIT_MS);
  if (status >= 500) return undefined;
  if (status !== 422 && answer.header('x-ratelimit-remaining') === '0') return resetOf(answer, now);
  return isTooQuick(answer) ? now + UNNAMED_WAIT_MS : undefined;
}

/** By GitHub's clock, which its answer shows: ours may be minutes away from it. */
function resetOf(answer: Answer, now: number): number {
  const reset = Number(answer.header('x-ratelimit-reset')) * SECOND_MS;
  if (!Number.isFinite(reset) || reset <= 0) return now + UNNAMED_WAIT_MS;
  const date = Date.parse(answer.header('date') ?? '');
  const waitMs = reset - (Number.isNaN(date) ? now : date);
  return now + Math.min(Math.max(waitMs, 0) + RESET_MARGIN_MS, MAX_WAIT_MS);
}

/** Secondary limits come as 403, and as 422 where content is made too quickly; only their words tell them apart. */
function isTooQuick({ message }: Answer): boolean {
  return /secondary rate limit|abuse detection|submitted too quickly|API rate limit exceeded/i.test(message);
}

function isSuspended({ message }: Answer): boolean {
  return /installation has been suspended/i.test(message);
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function unavailable(message: string, retryAt: number | null): GithubFailure {
  return { kind: 'unavailable', retryAt, message };
}

function bounded(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}
