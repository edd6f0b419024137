import { MAX_PROJECT_SLUG_LENGTH, projectSlugOf } from '../../contracts/host.ts';

export const MAX_PROJECT_NAME_LENGTH = 100;
/** How many of one repository may stand beside each other before people must choose slugs themselves. */
export const MAX_SLUG_SUFFIX = 99;
const FALLBACK_NAME = 'site';

/**
 * A name for a project that was given none: the last part of its Git URL's path, without `.git`. `gitUrl` is
 * any form that git takes, without credentials.
 */
export function nameOfGitUrl(gitUrl: string): string {
  const parts = pathOf(gitUrl)
    .split('/')
    .filter((part) => part !== '' && part !== '.git');
  const last = decode(parts.at(-1) ?? '').replace(/\.git$/i, '');
  return printable(last).slice(0, MAX_PROJECT_NAME_LENGTH).trim() || FALLBACK_NAME;
}

/** A slug made of a name; always valid. */
export function slugOfName(name: string): string {
  return projectSlugOf(withoutMarks(name)) ?? FALLBACK_NAME;
}

/**
 * The slugs to try in turn for a project that was given none: `name`, `name-2`, … `name-99`, each within the
 * length of a slug.
 */
export function slugCandidates(slug: string): string[] {
  const numbered = Array.from({ length: MAX_SLUG_SUFFIX - 1 }, (_, index) => withSuffix(slug, index + 2));
  return [slug, ...numbered];
}

function withSuffix(slug: string, number: number): string {
  const suffix = `-${number}`;
  return slug.slice(0, MAX_PROJECT_SLUG_LENGTH - suffix.length).replace(/-+$/, '') + suffix;
}

/** The path of `https://host/path`, `file:///path` and of scp's form, `host:path`. */
function pathOf(gitUrl: string): string {
  if (URL.canParse(gitUrl) && gitUrl.includes('://')) return new URL(gitUrl).pathname;
  return gitUrl.slice(gitUrl.indexOf(':') + 1).replaceAll('\\', '/');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `Müller Café` → `Muller Cafe`, so that a name keeps its letters in its slug. */
function withoutMarks(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{Mark}/gu, '');
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '');
}
