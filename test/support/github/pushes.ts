import { rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRef, readRefs } from './git-objects.ts';
import type { Commit } from './git-objects.ts';
import { closePull, synchronizePull } from './pulls.ts';
import { renderRepository, renderUser } from './render.ts';
import { fullNameOf } from './state.ts';
import type { Repository, User } from './state.ts';
import { nowIso } from './world.ts';
import type { Urls, World } from './world.ts';

const NOTHING = '0'.repeat(40);
/** "Events will not be created when more than three tags are pushed at once." */
const TAGS_AT_ONCE = 3;
/** Of one push, in its webhook. */
const TOLD_COMMITS = 2_048;

interface Change {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Looks at what the refs are, tells the App what has changed since it was told last, and takes pull requests along.
 * Whoever changed them calls this: `git push` over HTTP and tests that write commits. Each change is told once. Who
 * knows that only one ref has changed says so: reading a thousand branches for each of a thousand pushes takes long.
 */
export function announceRefs(world: World, repository: Repository, pusher: User, only?: string): void {
  const changes = takeChanges(repository, only);
  if (changes.length === 0) return;
  repository.pushedAt = nowIso(world);
  const tags = changes.filter(({ ref }) => ref.startsWith('refs/tags/'));
  const told = tags.length > TAGS_AT_ONCE ? changes.filter((each) => !tags.includes(each)) : changes;
  for (const change of told) emitPush(world, repository, change, pusher);
  for (const change of changes) movePulls(world, repository, change, pusher);
}

function takeChanges({ git, knownRefs }: Repository, only?: string): Change[] {
  const refs = only === undefined ? readRefs(git.directory) : readOne(git.directory, only);
  const names = only === undefined ? new Set([...knownRefs.keys(), ...refs.keys()]) : [only];
  const changes = [...names]
    .filter((ref) => /^refs\/(?:heads|tags)\//.test(ref) && refs.get(ref) !== knownRefs.get(ref))
    .map((ref) => ({ ref, before: knownRefs.get(ref) ?? NOTHING, after: refs.get(ref) ?? NOTHING }));
  for (const { ref, after } of changes) {
    if (after === NOTHING) knownRefs.delete(ref);
    else knownRefs.set(ref, after);
  }
  return changes.toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
}

function readOne(directory: string, ref: string): Map<string, string> {
  const sha = readRef(directory, ref);
  return new Map(sha === undefined ? [] : [[ref, sha]]);
}

function emitPush(world: World, repository: Repository, change: Change, pusher: User): void {
  const { ref, before, after } = change;
  const { objects } = repository;
  const head = after === NOTHING ? undefined : objects.commit(after);
  const isForced = head !== undefined && before !== NOTHING && !objects.isAncestor(before, after);
  const render = (commit: Commit) => renderPushed(repository, commit, world.urls);
  const payload = {
    ref,
    before,
    after,
    repository: renderPushedRepository(repository, world.urls),
    pusher: { name: pusher.login, email: pusher.email },
    created: before === NOTHING,
    deleted: after === NOTHING,
    forced: isForced,
    base_ref: null,
    compare: compareUrl(repository, change, world.urls),
    commits: newCommits(repository, change).slice(-TOLD_COMMITS).map(render),
    head_commit: head === undefined ? null : render(head),
  };
  world.emit({ name: 'push', payload, sender: pusher, repository });
}

/** What the push brought; of a new branch, what no other ref has. */
function newCommits({ objects, knownRefs }: Repository, { ref, before, after }: Change): Commit[] {
  if (after === NOTHING || ref.startsWith('refs/tags/') || objects.commit(after) === undefined) return [];
  if (before !== NOTHING) return objects.between(before, after);
  const others = [...knownRefs].filter(([name]) => name !== ref).map(([, sha]) => sha);
  if (others.includes(after)) return [];
  const old = new Set(objects.history(...others).map(({ sha }) => sha));
  return objects
    .history(after)
    .filter(({ sha }) => !old.has(sha))
    .toReversed();
}

function compareUrl(repository: Repository, { ref, before, after }: Change, { web }: Urls): string {
  const name = ref.replace(/^refs\/(?:heads|tags)\//, '');
  const range = before === NOTHING ? name : `${before.slice(0, 12)}...${after.slice(0, 12)}`;
  return `${web}/${fullNameOf(repository)}/compare/${range}`;
}

function renderPushed(repository: Repository, commit: Commit, { web }: Urls) {
  const parent = repository.objects.commit(commit.parents[0] ?? '');
  const changes = repository.objects.diff(parent, commit);
  const paths = (wanted: string) => changes.filter(({ status }) => status === wanted).map(({ path }) => path);
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${web}/${fullNameOf(repository)}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
    added: paths('added'),
    removed: paths('removed'),
    modified: paths('modified'),
  };
}

/** A push tells moments of its repository as seconds, unlike every other webhook. */
function renderPushedRepository(repository: Repository, urls: Urls) {
  const { owner, createdAt, pushedAt, defaultBranch } = repository;
  return {
    ...renderRepository(repository, urls),
    owner: { name: owner.login, email: owner.email, ...renderUser(owner, urls) },
    created_at: Date.parse(createdAt) / 1_000,
    pushed_at: Date.parse(pushedAt) / 1_000,
    stargazers: 0,
    master_branch: defaultBranch,
  };
}

/** Pull requests whose head moved are synchronized; those whose branch went, or whose head arrived in the base, end. */
function movePulls(world: World, repository: Repository, { ref, before, after }: Change, by: User): void {
  if (!ref.startsWith('refs/heads/')) return;
  const branch = ref.slice('refs/heads/'.length);
  const all = [...world.state.repositories.values()].flatMap((each) => [...each.pulls.values()]);
  for (const pull of all.filter(({ state }) => state === 'open')) {
    const isHead = pull.headRepository === repository && pull.headRef === branch;
    if (isHead && after === NOTHING) closePull(world, pull, by);
    else if (isHead && pull.headSha !== after) synchronizePull(world, pull, { before, after }, by);
    const isBase = pull.repository === repository && pull.baseRef === branch && after !== NOTHING;
    if (isBase && repository.objects.isAncestor(pull.headSha, after)) closePull(world, pull, by, after);
  }
}

/** Removes a ref and the folders that it leaves empty, which would keep a ref of their name from being made. */
export function deleteRef({ git }: Repository, ref: string): void {
  rmSync(join(git.directory, ref), { force: true });
  for (let folder = dirname(ref); folder.split('/').length > 2; folder = dirname(folder)) {
    try {
      rmdirSync(join(git.directory, folder));
    } catch {
      return;
    }
  }
}
