import type { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import { classifyGithubError } from './classify-github-error.ts';

/** What every call needs besides its client: the time, in epoch milliseconds. */
export interface CallOptions {
  readonly now: () => number;
}

/** What calls that write several times need too: GitHub wants a second between two writes. */
export interface WriteOptions extends CallOptions {
  readonly pauseBetweenWrites: () => Promise<void>;
}

interface Answer {
  readonly data: unknown;
}

/**
 * Makes one call and reads what its caller needs of the answer. A page of some proxy in place of GitHub's answer
 * counts as no answer.
 */
export async function callGithub<Value>(
  call: () => Promise<Answer>,
  schema: z.ZodType<Value>,
  { now }: CallOptions,
): Promise<GithubResult<Value>> {
  try {
    const { data } = await call();
    const parsed = schema.safeParse(data);
    if (parsed.success) return { ok: true, value: parsed.data };
    const [issue] = parsed.error.issues;
    const message = `GitHub answered something that is not its API: ${issue?.path.join('.')}: ${issue?.message}`;
    return { ok: false, failure: { kind: 'unavailable', retryAt: null, message } };
  } catch (error) {
    const failure = classifyGithubError(error, now());
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
}
