import { explainGitFailure } from './explain-git-failure.ts';
import { resolveRemote } from './resolve-remote.ts';
import type { ResolveRemoteOptions } from './resolve-remote.ts';
import { LOCAL_UPLOAD_PACK, runGit } from './run-git.ts';
import type { GitResult } from './run-git.ts';

/** About a million refs; branches and tags kept of them. More is refused, not cut: a cut list would lie. */
const MAX_LISTING_BYTES = 96 * 1024 * 1024;
const MAX_REFS = 100_000;
const MAX_REF_BYTES = 512;

export interface RemoteRefs {
  /** What HEAD points at; null when it is detached or the repository is empty. */
  readonly defaultBranch: string | null;
  /** Name → commit. */
  readonly branches: ReadonlyMap<string, string>;
  /** Name → commit; annotated tags are peeled. */
  readonly tags: ReadonlyMap<string, string>;
}

export type ListedRemote =
  | ({ readonly ok: true } & RemoteRefs)
  | { readonly ok: false; readonly message: string };

/**
 * Asks a remote for its default branch, branches and tags. `url` may hold credentials; bounded by
 * `options.signal` in time and here in size. Never throws; the message is a sentence for people.
 */
export async function listRemote(url: string, options: ResolveRemoteOptions): Promise<ListedRemote> {
  const resolved = await resolveRemote(url, options);
  if (!resolved.ok) return resolved;
  const { href, isLocal, config } = resolved.remote;
  const reader = new RefReader();
  const result = await runGit({
    args: [
      'ls-remote',
      '--symref',
      '--quiet',
      ...(isLocal ? LOCAL_UPLOAD_PACK : []),
      '--end-of-options',
      href,
    ],
    environment: options.environment,
    config,
    allowLocal: options.allowLocal,
    signal: options.signal,
    maxOutputBytes: MAX_LISTING_BYTES,
    onStdout: (chunk) => reader.push(chunk),
  });
  if (!result.ok) return { ok: false, message: sayFailure(result, href) };
  return reader.finish(href);
}

function sayFailure(result: GitResult & { ok: false }, href: string): string {
  switch (result.reason) {
    case 'aborted':
      return `${href} did not list its branches in time: ask again later.`;
    case 'output_limit':
      return `${href} has more refs than Offshoot reads (${MAX_LISTING_BYTES / 1024 / 1024} MB of them).`;
    case 'not_installed':
      return 'Git was not found in PATH: install it.';
    case 'failed':
      return explainGitFailure(result.stderr, href);
  }
}

/** Reads the listing line by line, keeping branches and tags only: a big host lists every pull request. */
class RefReader {
  #rest = '';
  #defaultBranch: string | null = null;
  #hasLongNames = false;
  readonly #branches = new Map<string, string>();
  readonly #tags = new Map<string, string>();
  readonly #decoder = new TextDecoder();

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
  }

  finish(href: string): ListedRemote {
    if (this.#hasLongNames) {
      return { ok: false, message: `${href} uses SHA-256 commit names, which Offshoot can't deploy yet.` };
    }
    if (this.#branches.size + this.#tags.size > MAX_REFS) {
      return { ok: false, message: `${href} has more than ${MAX_REFS} branches and tags.` };
    }
    return { ok: true, defaultBranch: this.#defaultBranch, branches: this.#branches, tags: this.#tags };
  }

  #readLine(line: string): void {
    const head = /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line)?.[1];
    if (head !== undefined && isSafeRefName(head)) this.#defaultBranch = head;
    if (/^[0-9a-f]{64}\t/.test(line)) this.#hasLongNames = true;
    const [, commit, kind, fullName] = /^([0-9a-f]{40})\trefs\/(heads|tags)\/(.+)$/.exec(line) ?? [];
    if (commit === undefined || fullName === undefined) return;
    const name = kind === 'tags' ? fullName.replace(/\^\{\}$/, '') : fullName;
    const refs = kind === 'tags' ? this.#tags : this.#branches;
    if (isSafeRefName(name) && refs.size <= MAX_REFS) refs.set(name, commit);
  }
}

/**
 * Git's own rules for a ref name (git-check-ref-format), and valid UTF-8 of a bounded length. Names may still
 * look like options or shell: they are data everywhere.
 */
export function isSafeRefName(name: string): boolean {
  if (name === '' || Buffer.byteLength(name) > MAX_REF_BYTES || name.includes('\uFFFD')) return false;
  if (/[\p{Cc}\u007f ~^:?*[\\]/u.test(name) || /\.\.|@\{|\/\/|^\/|\/$|\.$/.test(name) || name === '@')
    return false;
  return name.split('/').every((segment) => !segment.startsWith('.') && !segment.endsWith('.lock'));
}
