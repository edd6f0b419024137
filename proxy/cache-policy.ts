export const REVALIDATE = 'public, max-age=0, must-revalidate';
export const IMMUTABLE = 'public, max-age=31536000, immutable';
export const NO_STORE = 'no-store';

/** Folders in which build tools put nothing but files whose names change with their content. */
const HASHED_FOLDERS = /(?:^|\/)(?:_next\/static|_app\/immutable|_astro|_nuxt)\//;
const HASH_PART = /[-._]([A-Za-z0-9_-]{8,64})\.[a-z0-9]{1,10}(?:\.map)?$/;
/** Where Vite puts hashed files, and people sometimes others. */
const ASSET_FOLDER = /(?:^|\/)assets\//;
/** Random letters change their class often; `Summer24`, `Facebook` and `bootstrap4` hardly ever. */
const MIN_CLASS_CHANGES = 4;
const MIN_CLASS_CHANGES_OF_ASSETS = 3;

/**
 * How long browsers and caches may keep a file: for ever when its name carries a hash of its content, else until
 * they have asked. In doubt: ask. A wrong "for ever" can't be taken back.
 */
export function cacheControlOf(path: string): string {
  return isHashedName(path) ? IMMUTABLE : REVALIDATE;
}

export function isHashedName(path: string): boolean {
  if (path.endsWith('.html')) return false;
  const hash = HASH_PART.exec(path)?.[1];
  if (hash === undefined) return false;
  if (HASHED_FOLDERS.test(path)) return true;
  const minChanges = ASSET_FOLDER.test(path) ? MIN_CLASS_CHANGES_OF_ASSETS : MIN_CLASS_CHANGES;
  return isHexadecimal(hash) || classChanges(hash.slice(-8)) >= minChanges;
}

/** With both digits and letters: eight digits alone are a date. */
function isHexadecimal(text: string): boolean {
  return /^[0-9a-f]+$/.test(text) && /[0-9]/.test(text) && /[a-f]/.test(text);
}

/** How often a text changes between lower case, upper case, digits and signs. */
function classChanges(text: string): number {
  const runs = text.match(/[a-z]+|[A-Z]+|[0-9]+|[_-]+/g) ?? [];
  return runs.length - 1;
}
