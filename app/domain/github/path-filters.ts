import { z } from 'zod';
import { pathPatternsSchema } from '../../../contracts/path-patterns.ts';
import { matchPath } from './match-path.ts';

/** A moment's work at worst. What would be more is built rather than thought about, since others wait meanwhile. */
const MAX_STEPS = 5_000_000;
/** GitHub lists no more files than this. */
const MAX_LISTED_FILES = { comparison: 300, 'pull-request': 3000 } as const;

/** `unknown`: GitHub was not asked, could not tell, or tells no more than a part. */
export type ChangedFiles = readonly string[] | 'unknown';

export interface PathRules {
  /** The project's folder in its repository; empty for all of it. */
  readonly rootDirectory: string;
  /** `paths` of its offshoot.json; undefined where there is none. */
  readonly paths: readonly string[] | undefined;
}

export type PathVerdict = { readonly build: true } | { readonly build: false; readonly reason: string };

/**
 * Whether changed files concern a project. Only one that names `paths` is ever passed over: without, nobody has said
 * that a build reads nothing outside of its folder. Its own folder concerns it, unless a pattern says otherwise. The
 * patterns are relative to the repository, and the last that matches a file decides; `!` excludes. What is not known
 * is built.
 */
export function decideByPaths(files: ChangedFiles, rules: PathRules): PathVerdict {
  const { paths } = rules;
  if (paths === undefined || files === 'unknown') return { build: true };
  const root = trimSlashes(rules.rootDirectory);
  if (stepsOf(files, paths) > MAX_STEPS || files.some((file) => concerns(file, root, paths)))
    return { build: true };
  return { build: false, reason: 'Nothing that "paths" of offshoot.json matches was changed.' };
}

/** Letters of paths times letters of patterns: what matching takes at most. */
function stepsOf(files: readonly string[], paths: readonly string[]): number {
  return lengthOf(files) * lengthOf(paths);
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

/** The list that GitHub gave, where it can't be a part of a longer one. */
export function knownFiles(listed: readonly string[], of: keyof typeof MAX_LISTED_FILES): ChangedFiles {
  return listed.length >= MAX_LISTED_FILES[of] ? 'unknown' : listed;
}

const schema = z.object({ paths: pathPatternsSchema });

/**
 * `paths` of an offshoot.json; undefined also where it can't be understood: the build says so better than a commit
 * that is passed over.
 */
export function parsePaths(offshootJson: string): readonly string[] | undefined {
  try {
    return schema.safeParse(JSON.parse(offshootJson)).data?.paths;
  } catch {
    return undefined;
  }
}

function concerns(file: string, root: string, paths: readonly string[]): boolean {
  const config = root === '' ? 'offshoot.json' : `${root}/offshoot.json`;
  if (file === config) return true;
  const onlyExcludes = paths.every((pattern) => pattern.startsWith('!'));
  const isOwn = root === '' ? onlyExcludes : file.startsWith(`${root}/`);
  return paths.reduce((included, pattern) => {
    const excludes = pattern.startsWith('!');
    const isMatch = matchPath(trimStart(excludes ? pattern.slice(1) : pattern), file);
    return isMatch ? !excludes : included;
  }, isOwn);
}

/** People write `./docs` and `/docs` for `docs`. */
function trimStart(pattern: string): string {
  return pattern.replace(/^\.?\/+/, '');
}

function trimSlashes(folder: string): string {
  return trimStart(folder === '.' ? '' : folder).replace(/\/+$/, '');
}
