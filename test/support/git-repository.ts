import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { deflateSync } from 'node:zlib';

/** What a path of a commit holds. A string or bytes is a file. */
export type Content =
  | string
  | Uint8Array
  | { readonly executable: string }
  | { readonly symlink: string | Uint8Array }
  /** A gitlink: the commit of another repository. */
  | { readonly submodule: string };

/** Path → content. Folders follow from the paths. */
export type Files = Readonly<Record<string, Content>>;

/** One entry of a raw tree: any mode, any name (also `.git`, `..`, `a/b`, twice the same), any object. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string | Uint8Array;
  readonly sha: string;
}

export interface CommitOptions {
  /** Default `main`. */
  readonly branch?: string;
  readonly message?: string;
  readonly author?: string;
  /** Default: the branch's tip. */
  readonly parents?: readonly string[];
}

/**
 * A bare repository written object by object, without Git's own checks, so that tests can make hostile ones.
 * Commits are deterministic: the same content and history give the same names.
 */
export class GitRepository {
  readonly directory: string;
  #clock = 1_700_000_000;

  constructor(directory: string) {
    this.directory = directory;
    for (const folder of ['objects', 'refs/heads', 'refs/tags'])
      mkdirSync(join(directory, folder), { recursive: true });
    writeFileSync(join(directory, 'HEAD'), 'ref: refs/heads/main\n');
    this.configure('');
  }

  /** Adds lines to the repository's own configuration, such as `[uploadpack]\n\tallowAnySHA1InWant = false`. */
  configure(lines: string): void {
    const base = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n';
    writeFileSync(join(this.directory, 'config'), base + lines);
  }

  /** Commits exactly these files (not on top of the old ones) and moves the branch. Returns the commit. */
  commit(files: Files, options: CommitOptions = {}): string {
    return this.commitTree(this.writeFiles(files), options);
  }

  /** Commits a folder of this machine: files, executables and symlinks; not its .git or node_modules. */
  commitFolder(folder: string, options: CommitOptions = {}): string {
    return this.commit(readFolder(folder), options);
  }

  commitTree(tree: string, options: CommitOptions = {}): string {
    const { branch = 'main', message = 'A commit', author = 'Ada <ada@example.com>' } = options;
    const tip = this.tipOf(branch);
    const parents = options.parents ?? (tip === undefined ? [] : [tip]);
    this.#clock += 60;
    const stamp = `${author} ${this.#clock} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map((each) => `parent ${each}`),
      `author ${stamp}`,
      `committer ${stamp}`,
    ];
    const commit = this.writeObject('commit', Buffer.from(`${lines.join('\n')}\n\n${message}\n`));
    this.setRef(`refs/heads/${branch}`, commit);
    return commit;
  }

  tipOf(branch: string): string | undefined {
    try {
      return readFileSync(join(this.directory, 'refs/heads', branch), 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  /** Writes any ref, also names that Git would refuse to make. */
  setRef(name: string, sha: string): void {
    const file = join(this.directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${sha}\n`);
  }

  branch(name: string, commit: string): void {
    this.setRef(`refs/heads/${name}`, commit);
  }

  deleteBranch(name: string): void {
    rmSync(join(this.directory, 'refs/heads', name));
  }

  /** `message` makes it an annotated tag: a tag object that points at the commit. */
  tag(name: string, commit: string, message?: string): void {
    const text = `object ${commit}\ntype commit\ntag ${name}\ntagger Ada <ada@example.com> ${this.#clock} +0000\n\n${message}\n`;
    this.setRef(
      `refs/tags/${name}`,
      message === undefined ? commit : this.writeObject('tag', Buffer.from(text)),
    );
  }

  setDefaultBranch(name: string): void {
    writeFileSync(join(this.directory, 'HEAD'), `ref: refs/heads/${name}\n`);
  }

  /** A tree of nested folders; returns its name. */
  writeFiles(files: Files): string {
    const entries = new Map<string, Content | Record<string, Content>>();
    for (const [path, content] of Object.entries(files)) {
      const [first = '', ...rest] = path.split('/');
      if (rest.length === 0) entries.set(first, content);
      else
        entries.set(first, { ...(entries.get(first) as Record<string, Content>), [rest.join('/')]: content });
    }
    const folders = new Set(
      Object.keys(files).flatMap((path) => (path.includes('/') ? path.split('/')[0] : [])),
    );
    return this.writeTree(
      [...entries].map(([name, content]) => {
        if (folders.has(name)) return { mode: '40000', name, sha: this.writeFiles(content as Files) };
        return { name, ...this.#writeContent(content as Content) };
      }),
    );
  }

  /** A tree of exactly these entries, in Git's order. */
  writeTree(entries: readonly RawEntry[]): string {
    const key = ({ name, mode }: RawEntry) =>
      Buffer.concat([Buffer.from(name), Buffer.from(mode === '40000' ? '/' : '')]);
    const sorted = entries.toSorted((a, b) => Buffer.compare(key(a), key(b)));
    const body = sorted.flatMap(({ mode, name, sha }) => [
      Buffer.from(`${mode} `),
      Buffer.from(name),
      Buffer.from([0]),
      Buffer.from(sha, 'hex'),
    ]);
    return this.writeObject('tree', Buffer.concat(body));
  }

  writeBlob(content: string | Uint8Array): string {
    return this.writeObject('blob', Buffer.from(content));
  }

  writeObject(type: 'blob' | 'tree' | 'commit' | 'tag', body: Buffer): string {
    const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    const sha = createHash('sha1').update(bytes).digest('hex');
    const file = join(this.directory, 'objects', sha.slice(0, 2), sha.slice(2));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, deflateSync(bytes, { level: 1 }));
    return sha;
  }

  #writeContent(content: Content): { mode: string; sha: string } {
    if (typeof content === 'string' || content instanceof Uint8Array) {
      return { mode: '100644', sha: this.writeBlob(content) };
    }
    if ('executable' in content) return { mode: '100755', sha: this.writeBlob(content.executable) };
    if ('symlink' in content) return { mode: '120000', sha: this.writeBlob(content.symlink) };
    return { mode: '160000', sha: content.submodule };
  }
}

/** A folder of this machine as commit content. */
export function readFolder(folder: string): Files {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files: Record<string, Content> = {};
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    if (/(?:^|\/)(?:\.git|node_modules)(?:\/|$)/.test(path)) continue;
    if (entry.isSymbolicLink()) files[path] = { symlink: readlinkSync(file) };
    else if (entry.isFile()) files[path] = readContent(file);
  }
  return files;
}

function readContent(file: string): Content {
  const bytes = readFileSync(file);
  const isExecutable = (statSync(file).mode & 0o100) !== 0;
  return isExecutable ? { executable: bytes.toString() } : bytes;
}
