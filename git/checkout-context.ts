import { explainGitFailure } from './explain-git-failure.ts';
import type { ResolveRemoteOptions } from './resolve-remote.ts';
import { runGit } from './run-git.ts';
import type { GitConfig, GitResult, GitRun } from './run-git.ts';

/** Of every answer that is kept as a whole: commit names, one commit's description, .gitmodules. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface CheckoutOrder {
  /** May hold credentials: they are sent to this URL's origin only, never to a submodule's. */
  readonly url: string;
  /** 40 lower-case hexadecimal digits. */
  readonly commit: string;
  /** The branch or tag it was found by, for servers that refuse a bare commit. */
  readonly ref: string | null;
  /** Of a pull request: the server has its commit at `refs/pull/<n>/head`, and on no branch. */
  readonly pullRequest?: number | null;
  /** An empty folder, or one that can be made. */
  readonly directory: string;
  readonly allowLocal: boolean;
  readonly timeoutMs: number;
  /** Of the fetched packs, and of the files of the tree; submodules included. */
  readonly repositoryBytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Cancels; the result is then `canceled`. */
  readonly signal?: AbortSignal;
  /** Git's progress, raw: lines end with \r or \n. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly lookup?: NonNullable<ResolveRemoteOptions['lookup']>;
}

export type CheckoutResult =
  | {
      readonly ok: true;
      readonly subject: string;
      readonly author: string;
      /** Sentences for the log: LFS pointers, symlinks that lead out, submodules without a URL. */
      readonly warnings: readonly string[];
    }
  | CheckoutFailure;

export interface CheckoutFailure {
  readonly ok: false;
  readonly reason: 'clone_failed' | 'limit_exceeded' | 'timeout' | 'canceled';
  readonly message: string;
}

/** What one checkout and its submodules share: time, and the bytes and submodules that are left. */
export interface CheckoutContext {
  readonly order: CheckoutOrder;
  readonly deadline: AbortSignal;
  readonly signal: AbortSignal;
  readonly warnings: string[];
  bytesLeft: number;
  submodulesLeft: number;
}

export const MAX_SUBMODULES = 50;

export function openContext(order: CheckoutOrder): CheckoutContext {
  const deadline = AbortSignal.timeout(order.timeoutMs);
  return {
    order,
    deadline,
    signal: order.signal === undefined ? deadline : AbortSignal.any([deadline, order.signal]),
    warnings: [],
    bytesLeft: order.repositoryBytes,
    submodulesLeft: MAX_SUBMODULES,
  };
}

export type Git = (args: readonly string[], more?: Partial<GitRun>) => Promise<GitResult>;

/** Runs Git in one folder of the checkout, within its time. */
export function gitIn({ order, signal }: CheckoutContext, cwd: string, config: GitConfig): Git {
  return (args, more = {}) =>
    runGit({
      args,
      cwd,
      config,
      environment: order.environment,
      allowLocal: order.allowLocal,
      signal,
      maxOutputBytes: MAX_ANSWER_BYTES,
      ...(order.user && { user: order.user }),
      ...more,
    });
}

/** The failure of a run, or of the time that it had. */
export function failRun(
  context: CheckoutContext,
  result: GitResult & { ok: false },
  href: string,
): CheckoutFailure {
  const message =
    result.reason === 'not_installed' ? 'Git was not found.' : explainGitFailure(result.stderr, href);
  return failCheckout(context, 'clone_failed', message);
}

/** Time and cancelling come first: whatever else went wrong then followed from them. */
export function failCheckout(
  { order, deadline }: CheckoutContext,
  reason: CheckoutFailure['reason'],
  message: string,
): CheckoutFailure {
  if (order.signal?.aborted === true)
    return { ok: false, reason: 'canceled', message: 'The checkout was canceled.' };
  if (!deadline.aborted) return { ok: false, reason, message };
  const text = `The checkout took longer than its limit of ${order.timeoutMs / 1000} seconds.`;
  return { ok: false, reason: 'timeout', message: text };
}
