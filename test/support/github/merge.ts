import type { TreeEntry } from './git-objects.ts';
import type { PullRequest } from './state.ts';

/**
 * Merges a pull request into its base as the button does: a commit with two parents, whose files are those of the
 * base with what the head changed since both parted. Returns it; the caller announces it.
 */
export function mergePull({ repository, number, baseRef, headSha, title }: PullRequest): string {
  const { git, objects } = repository;
  const tip = git.tipOf(baseRef);
  const [base, head] = [objects.commit(tip ?? ''), objects.commit(headSha)];
  if (base === undefined || head === undefined)
    throw new Error(`Pull request ${number} has nothing to merge`);
  const files = objects.files(base.tree);
  for (const { path, status } of objects.diff(objects.mergeBase(base.sha, head.sha), head)) {
    const entry = objects.files(head.tree).get(path);
    if (status === 'removed' || entry === undefined) files.delete(path);
    else files.set(path, entry);
  }
  const tree = writeTree(repository.git, files);
  const message = `Merge pull request #${number}\n\n${title}`;
  return git.commitTree(tree, { branch: baseRef, message, parents: [base.sha, head.sha] });
}

function writeTree(git: PullRequest['repository']['git'], files: ReadonlyMap<string, TreeEntry>): string {
  const here = new Map<string, TreeEntry>();
  const below = new Map<string, Map<string, TreeEntry>>();
  for (const [path, entry] of files) {
    const [first = '', ...rest] = path.split('/');
    if (rest.length === 0) here.set(first, entry);
    else below.set(first, (below.get(first) ?? new Map<string, TreeEntry>()).set(rest.join('/'), entry));
  }
  for (const [name, inside] of below) here.set(name, { mode: '40000', sha: writeTree(git, inside) });
  return git.writeTree([...here].map(([name, { mode, sha }]) => ({ name, mode, sha })));
}
