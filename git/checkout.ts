import { lstat, mkdir, open, readdir, readlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { failCheckout, failRun, gitIn, MAX_SUBMODULES, openContext } from './checkout-context.ts';
import type {
  CheckoutContext,
  CheckoutFailure,
  CheckoutOrder,
  CheckoutResult,
  Git,
} from './checkout-context.ts';
import { fetchCommit } from './fetch-commit.ts';
import { isSafeRefName } from './list-remote.ts';
import { planSubmodules } from './parse-submodules.ts';
import type { Submodule } from './parse-submodules.ts';
import { leadsOutside, MAX_REPOSITORY_FILES, TreeReader } from './read-tree.ts';
import type { TreeSummary } from './read-tree.ts';
import { resolveRemote } from './resolve-remote.ts';

export type { CheckoutOrder, CheckoutResult };

const MAX_SUBMODULE_DEPTH = 4;
const MAX_LISTED = 10;
/** One entry of the tree's listing is far shorter; the reader stops at MAX_REPOSITORY_FILES. */
const MAX_TREE_BYTES = 1024 * MAX_REPOSITORY_FILES;

/**
 * Makes `directory` hold exactly one commit, shallow, with its https submodules. Nothing of the repository runs:
 * no hooks, no filters, no configuration. Never throws for what a repository or a server does.
 */
export async function checkout(order: CheckoutOrder): Promise<CheckoutResult> {
  if (!/^[0-9a-f]{40}$/.test(order.commit))
    throw new TypeError('a commit is 40 lower-case hexadecimal digits');
  const context = openContext(order);
  const { url, commit, directory } = order;
  const ref = order.ref !== null && isSafeRefName(order.ref) ? order.ref : null;
  const { pullRequest = null } = order;
  const whole = { url, commit, ref, pullRequest, directory, path: '', depth: 0 };
  const failure = await checkoutOne(context, whole);
  if (failure !== undefined) return failure;
  const { subject, author } = await describeCommit(context);
  return { ok: true, subject, author, warnings: context.warnings };
}

interface Repository {
  readonly url: string;
  readonly commit: string;
  readonly ref: string | null;
  readonly pullRequest?: number | null;
  readonly directory: string;
  /** In the whole checkout: '' or the submodule's path with a slash at its end. */
  readonly path: string;
  readonly depth: number;
}

async function checkoutOne(
  context: CheckoutContext,
  repository: Repository,
): Promise<CheckoutFailure | undefined> {
  const { order, signal } = context;
  const resolved = await resolveRemote(repository.url, { ...order, signal });
  if (!resolved.ok) return failCheckout(context, 'clone_failed', resolved.message);
  const { remote } = resolved;
  const git = gitIn(context, repository.directory, remote.config);
  await mkdir(repository.directory, { recursive: true });
  const started = await git(['init', '--quiet', '--template=', '--initial-branch=checkout']);
  if (!started.ok) return failRun(context, started, remote.href);
  const fetched = await fetchCommit(context, repository, remote, git);
  if (fetched !== undefined) return fetched;
  const summary = await readTree(context, repository, git);
  if ('ok' in summary) return summary;
  const written = await git([
    'checkout',
    '--quiet',
    '--force',
    '--detach',
    '--no-recurse-submodules',
    repository.commit,
  ]);
  if (!written.ok) return failRun(context, written, remote.href);
  const head = await git(['rev-parse', '--verify', 'HEAD']);
  if (!head.ok || head.stdout.trim() !== repository.commit) {
    return failCheckout(
      context,
      'clone_failed',
      `${remote.href} did not give the commit ${repository.commit}.`,
    );
  }
  await warn(context, repository, summary);
  return await checkoutSubmodules(context, repository, remote.href, summary, git);
}

/** Counts files and bytes before any is written: a few kilobytes of pack can unfold to terabytes. */
async function readTree(
  context: CheckoutContext,
  { commit, path }: Repository,
  git: Git,
): Promise<TreeSummary | CheckoutFailure> {
  const reader = new TreeReader();
  const overflow = new AbortController();
  const { summary } = reader;
  const isTooBig = () => summary.files > MAX_REPOSITORY_FILES || summary.bytes > context.bytesLeft;
  const listed = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], {
    signal: AbortSignal.any([context.signal, overflow.signal]),
    maxOutputBytes: MAX_TREE_BYTES,
    onStdout: (chunk) => {
      reader.push(chunk);
      if (isTooBig()) overflow.abort();
    },
  });
  if (isTooBig()) return failCheckout(context, 'limit_exceeded', sayTooBig(context, path, summary));
  if (!listed.ok) return failRun(context, listed, `the tree of ${commit}`);
  context.bytesLeft -= summary.bytes;
  return summary;
}

function sayTooBig({ order }: CheckoutContext, path: string, { files }: TreeSummary): string {
  const what = path === '' ? 'The repository' : `Submodule ${JSON.stringify(path)}`;
  return files > MAX_REPOSITORY_FILES
    ? `${what} has more than ${MAX_REPOSITORY_FILES} files.`
    : `${what} unfolds to more than the limit of ${order.repositoryBytes} bytes.`;
}

async function warn(
  context: CheckoutContext,
  { directory, path }: Repository,
  summary: TreeSummary,
): Promise<void> {
  const pointers = await filter(summary.lfsCandidates, (file) => isLfsPointer(join(directory, file)));
  if (pointers.length > 0) {
    const text = `${pointers.length} file(s) are Git LFS pointers, whose contents are not fetched: ${list(path, pointers)}.`;
    context.warnings.push(text);
  }
  const outside = await filter(summary.symlinks, async (link) => {
    const target = await readlink(join(directory, link)).catch(() => '');
    return leadsOutside(link, target);
  });
  if (outside.length > 0) {
    context.warnings.push(`${outside.length} symlink(s) lead out of the repository: ${list(path, outside)}.`);
  }
}

async function isLfsPointer(file: string): Promise<boolean> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const start = 'version https://git-lfs.github.com/spec/';
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(start.length), 0, start.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === start;
  } finally {
    await handle.close();
  }
}

async function checkoutSubmodules(
  context: CheckoutContext,
  parent: Repository,
  parentHref: string,
  summary: TreeSummary,
  git: Git,
): Promise<CheckoutFailure | undefined> {
  if (summary.submodules.length === 0) return undefined;
  // An absent .gitmodules makes this run fail, which reads as no settings: each gitlink is then warned about.
  const settings = await git([
    'config',
    '--blob',
    `${parent.commit}:.gitmodules`,
    '-z',
    '--get-regexp',
    String.raw`^submodule\..*\.(path|url)$`,
  ]);
  const { allowLocal } = context.order;
  const plan = planSubmodules(summary.submodules, settings.ok ? settings.stdout : '', parentHref, allowLocal);
  if (!plan.ok) return failCheckout(context, 'clone_failed', plan.message);
  context.warnings.push(...plan.warnings);
  for (const submodule of plan.submodules) {
    const failure = await checkoutSubmodule(context, parent, submodule);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function checkoutSubmodule(
  context: CheckoutContext,
  parent: Repository,
  { path, commit, href }: Submodule,
): Promise<CheckoutFailure | undefined> {
  context.submodulesLeft -= 1;
  if (context.submodulesLeft < 0 || parent.depth >= MAX_SUBMODULE_DEPTH) {
    const text = `More than ${MAX_SUBMODULES} submodules, or ${MAX_SUBMODULE_DEPTH} levels of them.`;
    return failCheckout(context, 'limit_exceeded', text);
  }
  if (!(await isEmptyFolder(parent.directory, path))) {
    return failCheckout(context, 'clone_failed', `The place of submodule ${JSON.stringify(path)} is taken.`);
  }
  return await checkoutOne(context, {
    url: href,
    commit,
    ref: null,
    depth: parent.depth + 1,
    directory: join(parent.directory, path),
    path: `${parent.path}${path}/`,
  });
}

/** Real folders all the way down, so that no symlink of the repository moves a submodule elsewhere. */
async function isEmptyFolder(root: string, path: string): Promise<boolean> {
  const segments = path.split('/');
  for (let end = 1; end <= segments.length; end += 1) {
    const stats = await lstat(join(root, ...segments.slice(0, end))).catch(() => undefined);
    if (stats === undefined || !stats.isDirectory()) return false;
  }
  return (await readdir(join(root, path))).length === 0;
}

async function describeCommit(context: CheckoutContext): Promise<{ subject: string; author: string }> {
  const git = gitIn(context, context.order.directory, []);
  const shown = await git([
    'show',
    '-s',
    '--no-show-signature',
    '--no-mailmap',
    '--format=%s%x00%an',
    'HEAD',
  ]);
  const [subject = '', author = ''] = shown.ok ? shown.stdout.trimEnd().split('\0') : [];
  return { subject: subject.slice(0, 500), author: author.slice(0, 200) };
}

async function filter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const item of items) if (await test(item)) kept.push(item);
  return kept;
}

function list(path: string, files: readonly string[]): string {
  const shown = files.slice(0, MAX_LISTED).map((file) => JSON.stringify(path + file));
  return files.length > MAX_LISTED ? `${shown.join(', ')}, …` : shown.join(', ');
}
