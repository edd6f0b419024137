import { nearestNames } from '../contracts/nearest-names.ts';
import type { RemoteRefs } from './list-remote.ts';

const MAX_SHOWN_LENGTH = 100;

export type ResolvedRef =
  | {
      readonly ok: true;
      readonly kind: 'branch' | 'tag' | 'commit';
      readonly name: string;
      readonly commit: string;
      /** A branch or tag is at it. A commit that is asked for by its own name may be anybody's. */
      readonly isListed: boolean;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Which commit is meant. Nothing asked: the default branch. 40 hexadecimal digits are a commit as they are;
 * then branches, then tags; `refs/heads/x` and `refs/tags/x` say which. A miss names near matches.
 */
export function resolveRef(refs: RemoteRefs, asked?: string): ResolvedRef {
  if (asked === undefined) return resolveDefault(refs);
  if (/^[0-9a-f]{40}$/i.test(asked)) {
    const commit = asked.toLowerCase();
    return { ok: true, kind: 'commit', name: commit, commit, isListed: isListed(refs, commit) };
  }
  const [, only, name = asked] = /^refs\/(heads|tags)\/(.+)$/.exec(asked) ?? [];
  const branch = only === 'tags' ? undefined : refs.branches.get(name);
  if (branch !== undefined) return { ok: true, kind: 'branch', name, commit: branch, isListed: true };
  const tag = only === 'heads' ? undefined : refs.tags.get(name);
  if (tag !== undefined) return { ok: true, kind: 'tag', name, commit: tag, isListed: true };
  return { ok: false, message: sayMissing(refs, name) };
}

function isListed({ branches, tags }: RemoteRefs, commit: string): boolean {
  return [branches, tags].some((named) => [...named.values()].includes(commit));
}

function resolveDefault(refs: RemoteRefs): ResolvedRef {
  if (refs.branches.size === 0) {
    return {
      ok: false,
      message: 'The repository has no branch yet: push a first commit, then deploy again.',
    };
  }
  const names = [refs.defaultBranch ?? 'main', 'main', 'master'];
  const name = names.find((each) => refs.branches.has(each));
  const commit = refs.branches.get(name ?? '');
  if (name !== undefined && commit !== undefined)
    return { ok: true, kind: 'branch', name, commit, isListed: true };
  return { ok: false, message: 'The repository names no default branch: say which branch to deploy.' };
}

function sayMissing(refs: RemoteRefs, name: string): string {
  const shown = JSON.stringify(name.slice(0, MAX_SHOWN_LENGTH));
  if (/^[0-9a-f]{4,39}$/i.test(name)) {
    return `${shown} is no branch or tag, and a commit must be given in full: all 40 hexadecimal digits.`;
  }
  const near = nearestNames(name, [...refs.branches.keys(), ...refs.tags.keys()]);
  const hint =
    near.length === 0 ? '' : ` Did you mean ${near.map((each) => JSON.stringify(each)).join(' or ')}?`;
  return `The repository has no branch or tag ${shown}.${hint}`;
}
