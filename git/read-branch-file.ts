import { failCheckout, failRun, gitIn, openContext } from './checkout-context.ts';
import type { CheckoutFailure, CheckoutOrder } from './checkout-context.ts';
import { fetchWatched, sayTooBig } from './fetch-commit.ts';
import { isSafeRefName } from './list-remote.ts';
import { resolveRemote } from './resolve-remote.ts';

export type BranchFile = { readonly ok: true; readonly text: string | null } | CheckoutFailure;

/**
 * Reads one file of a branch, as it is at the remote now, beside a checkout that is there already: nothing of the branch
 * is written to the work folder. Null where the branch has no such file. Never throws for what a server does.
 */
export async function readBranchFile(
  order: CheckoutOrder,
  branch: string,
  path: string,
): Promise<BranchFile> {
  const context = openContext(order);
  if (!isSafeRefName(branch))
    return failCheckout(context, 'clone_failed', `${JSON.stringify(branch)} is no name of a branch.`);
  const resolved = await resolveRemote(order.url, { ...order, signal: context.signal });
  if (!resolved.ok) return failCheckout(context, 'clone_failed', resolved.message);
  const { remote } = resolved;
  const git = gitIn(context, order.directory, remote.config);
  const what = ['--depth=1', `refs/heads/${branch}`];
  const { result, isTooBig } = await fetchWatched(context, order, remote, git, what);
  if (isTooBig) return failCheckout(context, 'limit_exceeded', sayTooBig(context, remote.href));
  if (!result.ok) return failRun(context, result, `the branch ${branch} of ${remote.href}`);
  const name = `FETCH_HEAD:${path}`;
  const found = await git(['rev-parse', '--verify', '--quiet', name]);
  if (!found.ok) return { ok: true, text: null };
  const read = await git(['cat-file', 'blob', found.stdout.trim()]);
  if (!read.ok) return failRun(context, read, `${path} of the branch ${branch}`);
  return { ok: true, text: read.stdout };
}
