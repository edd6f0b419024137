import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601, in UTC. */
  readonly date: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly sha: string;
}

export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'removed' | 'modified';
  /** Of what is there now; of what was there, when it was removed. */
  readonly sha: string;
  /** What was there before a modification. */
  readonly previousSha?: string;
}

/**
 * Reads a bare repository without starting Git, so that a thousand pushes cost no thousand processes. Objects are
 * loose: the repositories are set up to unpack what is pushed, and never to pack.
 */
export class GitObjects {
  readonly #directory: string;
  readonly #commits = new Map<string, Commit>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  has(sha: string): boolean {
    return /^[0-9a-f]{40}$/.test(sha) && existsSync(this.#fileOf(sha));
  }

  read(sha: string): { type: string; body: Buffer } {
    const bytes = inflateSync(readFileSync(this.#fileOf(sha)));
    const end = bytes.indexOf(0);
    return { type: bytes.toString('latin1', 0, end).split(' ')[0] ?? '', body: bytes.subarray(end + 1) };
  }

  /** The commit that this is, or that an annotated tag points at; undefined for trees, blobs and what is missing. */
  commit(sha: string): Commit | undefined {
    const known = this.#commits.get(sha);
    if (known !== undefined) return known;
    if (!this.has(sha)) return undefined;
    const { type, body } = this.read(sha);
    if (type === 'tag') return this.commit(/^object ([0-9a-f]{40})/.exec(body.toString())?.[1] ?? '');
    if (type !== 'commit') return undefined;
    const commit = parseCommit(sha, body.toString());
    this.#commits.set(sha, commit);
    return commit;
  }

  tree(sha: string): Map<string, TreeEntry> {
    return parseTree(this.read(sha).body);
  }

  /** Every file below a tree, by its path. */
  files(tree: string, prefix = ''): Map<string, TreeEntry> {
    const files = new Map<string, TreeEntry>();
    for (const [name, entry] of this.tree(tree)) {
      if (entry.mode !== '40000') files.set(prefix + name, entry);
      else for (const [path, file] of this.files(entry.sha, `${prefix}${name}/`)) files.set(path, file);
    }
    return files;
  }

  /** What changed from one commit to another; undefined stands for nothing at all. Renames are a removal and an addition. */
  diff(from: Commit | undefined, to: Commit | undefined): FileChange[] {
    if (from?.tree === to?.tree) return [];
    const before = from === undefined ? new Map<string, TreeEntry>() : this.files(from.tree);
    const after = to === undefined ? new Map<string, TreeEntry>() : this.files(to.tree);
    const changes: FileChange[] = [];
    for (const [path, { sha, mode }] of after) {
      const old = before.get(path);
      if (old === undefined) changes.push({ path, status: 'added', sha });
      else if (old.sha !== sha || old.mode !== mode)
        changes.push({ path, status: 'modified', sha, previousSha: old.sha });
    }
    for (const [path, { sha }] of before)
      if (!after.has(path)) changes.push({ path, status: 'removed', sha });
    return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** How many lines came and went; of a modification, the lines that only one side has. */
  countLines({ status, sha, previousSha }: FileChange): { additions: number; deletions: number } {
    const now = this.#linesOf(sha);
    if (status === 'removed') return { additions: 0, deletions: now.length };
    const before = previousSha === undefined ? [] : this.#linesOf(previousSha);
    return { additions: countOnlyIn(now, before), deletions: countOnlyIn(before, now) };
  }

  #linesOf(sha: string): string[] {
    // A submodule's commit is no object of this repository.
    if (!this.has(sha)) return [];
    const text = this.read(sha).body.toString('latin1');
    return text === '' ? [] : text.replace(/\n$/, '').split('\n');
  }

  /** These commits and all that they descend from, newest first. */
  history(...tips: string[]): Commit[] {
    const seen = new Set<string>();
    const found: Commit[] = [];
    const waiting = [...tips];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const commit = this.commit(next);
      if (commit === undefined) continue;
      found.push(commit);
      waiting.push(...commit.parents);
    }
    return found;
  }

  /** What `head` has and `base` has not, oldest first. */
  between(base: string | undefined, head: string): Commit[] {
    const old = new Set(base === undefined ? [] : this.history(base).map(({ sha }) => sha));
    return this.history(head)
      .filter(({ sha }) => !old.has(sha))
      .toReversed();
  }

  isAncestor(ancestor: string, of: string): boolean {
    return this.history(of).some(({ sha }) => sha === ancestor);
  }

  /** The newest commit that both descend from. */
  mergeBase(one: string, other: string): Commit | undefined {
    const old = new Set(this.history(one).map(({ sha }) => sha));
    return this.history(other).find(({ sha }) => old.has(sha));
  }

  #fileOf(sha: string): string {
    return join(this.#directory, 'objects', sha.slice(0, 2), sha.slice(2));
  }
}

function countOnlyIn(lines: readonly string[], others: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  }).length;
}

/** Every ref of a bare repository: `refs/heads/main` → what it names. */
export function readRefs(directory: string, folder = 'refs'): Map<string, string> {
  const refs = new Map<string, string>();
  for (const entry of readdirSync(join(directory, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) for (const [ref, sha] of readRefs(directory, name)) refs.set(ref, sha);
    else if (!name.endsWith('.lock')) addRef(directory, name, refs);
  }
  return refs;
}

/** What one ref names; undefined when there is none. */
export function readRef(directory: string, name: string): string | undefined {
  const found = new Map<string, string>();
  addRef(directory, name, found);
  return found.get(name);
}

/** A ref may go while its folder is read: Git deletes it in another process. */
function addRef(directory: string, name: string, refs: Map<string, string>): void {
  try {
    const sha = readFileSync(join(directory, name), 'utf8').trim();
    if (/^[0-9a-f]{40}$/.test(sha)) refs.set(name, sha);
  } catch {
    refs.delete(name);
  }
}

function parseCommit(sha: string, text: string): Commit {
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const values = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseSignature(values('author')[0] ?? ''),
    committer: parseSignature(values('committer')[0] ?? ''),
    message: text.slice(end + 2).replace(/\n$/, ''),
  };
}

function parseSignature(text: string): Signature {
  const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+)/.exec(text) ?? [];
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace('.000', '') };
}

function parseTree(body: Buffer): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(0, start);
    const [mode = '', ...name] = body.toString('utf8', start, end).split(' ');
    entries.set(name.join(' '), { mode, sha: body.toString('hex', end + 1, end + 21) });
    start = end + 21;
  }
  return entries;
}
