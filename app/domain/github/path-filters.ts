import { posix } from 'node:path';
import { z } from 'zod';
import { pathPatternsSchema } from '../../../contracts/path-patterns.ts';
import { matchPath } from './match-path.ts';

/** A moment's work at worst. What would be more is built rather than thought about, since others wait meanwhile. */
const MAX_STEPS = 5_000_000;
const MAX_FOLDER_LENGTH = 512;

/** `unknown`: GitHub could not tell, or tells no more than a part. */
export type ChangedFiles = readonly string[] | 'unknown';

export interface PathRules {
  /** The offshoot.json that they are from, as the repository names it. */
  readonly configPath: string;
  /** The project's folder in its repository; empty for all of it. */
  readonly rootDirectory: string;
  readonly paths: readonly string[];
}

export type PathVerdict = { readonly build: true } | { readonly build: false; readonly reason: string };

/**
 * Whether changed files concern a project that names `paths`. (Others are always built: nobody has said that they read
 * nothing outside of their folder.) Its own folder concerns it, unless a pattern says otherwise. The
 * patterns are relative to the repository, and the last that matches a file decides; `!` excludes. What is not known
 * is built.
 */
export function decideByPaths(files: ChangedFiles, rules: PathRules): PathVerdict {
  if (files === 'unknown' || stepsOf(files, rules.paths) > MAX_STEPS) return { build: true };
  if (files.some((file) => concerns(file, rules))) return { build: true };
  return { build: false, reason: 'Nothing that "paths" of offshoot.json matches was changed.' };
}

/** Letters of paths times letters of patterns: what matching takes at most. */
function stepsOf(files: readonly string[], paths: readonly string[]): number {
  return lengthOf(files) * lengthOf(paths);
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

const schema = z.object({ root: z.string().max(MAX_FOLDER_LENGTH).default(''), paths: pathPatternsSchema });

/**
 * The rules of an offshoot.json; undefined where it names no paths, and where it can't be understood: the build says
 * so better than a commit that is passed over.
 */
export function parsePathRules(offshootJson: string, configPath: string): PathRules | undefined {
  const { data } = schema.safeParse(parseJson(offshootJson));
  if (data === undefined) return undefined;
  const rootDirectory = normalFolder(posix.join(posix.dirname(configPath), data.root));
  return { configPath, rootDirectory, paths: data.paths };
}

/** Where the offshoot.json of a project lies that has this root directory in its settings. */
export function configPathOf(rootDirectory = ''): string {
  return posix.join(normalFolder(rootDirectory), 'offshoot.json');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function concerns(file: string, { configPath, rootDirectory: root, paths }: PathRules): boolean {
  if (file === configPath) return true;
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

/** As GitHub names folders; empty for the top. A folder outside matches no file, and is refused by the build. */
function normalFolder(folder: string): string {
  const normal = posix.normalize(folder).replaceAll(/^\/+|\/+$/g, '');
  return normal === '.' ? '' : normal;
}
