import { MAX_PROJECT_SLUG_LENGTH, projectSlugOf } from '../../contracts/host.ts';

export const MAX_PROJECT_NAME_LENGTH = 100;
/** How many projects of one name may stand beside each other before people must choose slugs themselves. */
export const MAX_SLUG_SUFFIX = 99;
const FALLBACK = 'site';

/** A name for a project that was given none; `hint` is what its Git URL calls the repository. */
export function projectNameOf(hint: string): string {
  return printable(hint).slice(0, MAX_PROJECT_NAME_LENGTH).trim() || FALLBACK;
}

/** A slug made of a name; always valid. Letters keep their base (`Café` → `cafe`). */
export function slugOfName(name: string): string {
  return projectSlugOf(name.normalize('NFKD').replaceAll(/\p{Mark}/gu, '')) ?? FALLBACK;
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

/** Without what would break a line, a page or the direction of text. */
function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}
