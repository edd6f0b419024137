import { join } from 'node:path';
import { failCheckout, failRun } from './checkout-context.ts';
import type { CheckoutContext, CheckoutFailure, Git } from './checkout-context.ts';
import { folderBytes, watchFolder } from './folder-size.ts';
import type { Remote } from './resolve-remote.ts';
import { LOCAL_UPLOAD_PACK } from './run-git.ts';
import type { GitResult } from './run-git.ts';

/** What servers say that can't, or won't, hand out one bare commit. Then it is looked for by its branch or tag. */
const REFUSES_BARE_COMMIT =
  /not our ref|unadvertised object|couldn't find remote ref|dumb http transport does not support shallow|Server does not support/i;

/** What Git itself means by --unshallow, which fails in a repository that is not shallow. */
const WHOLE_HISTORY = 2_147_483_647;

export interface Wanted {
  readonly commit: string;
  readonly ref: string | null;
  readonly pullRequest?: number | null;
  readonly directory: string;
}

/** Fetches one commit, the cheapest way that the server allows; undefined when it is there. */
export async function fetchCommit(
  context: CheckoutContext,
  wanted: Wanted,
  remote: Remote,
  git: Git,
): Promise<CheckoutFailure | undefined> {
  for (const refspec of planFetches(wanted)) {
    const { result, isTooBig } = await fetchWatched(context, wanted, remote, git, refspec);
    if (isTooBig) return failCheckout(context, 'limit_exceeded', sayTooBig(context, remote.href));
    if (result.ok && (await hasCommit(wanted.commit, git))) return await spend(context, wanted);
    if (!result.ok && !REFUSES_BARE_COMMIT.test(result.stderr)) return failRun(context, result, remote.href);
  }
  const text = `${remote.href} has no commit ${wanted.commit} any more: it may have been force-pushed away. Deploy the branch again.`;
  return failCheckout(context, 'clone_failed', text);
}

/**
 * The commit alone; else the tip of its branch or tag; else the whole history of that, or of everything. The
 * last ones without a depth are for servers of plain files, which know none.
 */
function planFetches(wanted: Wanted): string[][] {
  const { commit } = wanted;
  const names = namesOf(wanted);
  const tips = names === EVERYTHING ? [] : names.map((name) => ['--depth=1', name]);
  return [
    ['--depth=1', commit],
    ...tips,
    ...names.map((name) => [`--depth=${WHOLE_HISTORY}`, name]),
    ...names.map((name) => [name]),
  ];
}

const EVERYTHING = ['+refs/heads/*:refs/offshoot/*'];

function namesOf({ ref, pullRequest = null }: Wanted): string[] {
  if (pullRequest !== null) return [`refs/pull/${pullRequest}/head`];
  return ref === null ? EVERYTHING : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

/** Ends when it has brought more than there is room for. */
export async function fetchWatched(
  context: CheckoutContext,
  { directory }: Pick<Wanted, 'directory'>,
  remote: Remote,
  git: Git,
  what: readonly string[],
): Promise<{ result: GitResult; isTooBig: boolean }> {
  const [tooBig, finished] = [new AbortController(), new AbortController()];
  const watched = watchFolder(join(directory, '.git'), context.bytesLeft, finished.signal, () =>
    tooBig.abort(),
  );
  const options = what.filter((each) => each.startsWith('--depth'));
  const refspecs = what.filter((each) => !each.startsWith('--depth'));
  const upload = remote.isLocal ? LOCAL_UPLOAD_PACK : [];
  const args = [
    'fetch',
    '--no-tags',
    '--progress',
    ...upload,
    ...options,
    '--end-of-options',
    remote.href,
    ...refspecs,
  ];
  const { onOutput } = context.order;
  const signal = AbortSignal.any([context.signal, tooBig.signal]);
  const result = await git(args, { signal, ...(onOutput && { onStderr: onOutput }) });
  finished.abort();
  await watched;
  return { result, isTooBig: tooBig.signal.aborted };
}

async function hasCommit(commit: string, git: Git): Promise<boolean> {
  const found = await git(['cat-file', '-t', commit]);
  return found.ok && found.stdout.trim() === 'commit';
}

async function spend(context: CheckoutContext, { directory }: Wanted): Promise<CheckoutFailure | undefined> {
  context.bytesLeft -= await folderBytes(join(directory, '.git'));
  if (context.bytesLeft >= 0) return undefined;
  return failCheckout(context, 'limit_exceeded', sayTooBig(context, 'The repository'));
}

export function sayTooBig({ order }: CheckoutContext, name: string): string {
  return `${name} is bigger than the limit of ${order.repositoryBytes} bytes for a checkout.`;
}
