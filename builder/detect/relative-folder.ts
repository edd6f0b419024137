import { posix } from 'node:path';

/**
 * Brings a folder that a person wrote into one form: relative, without `.`, `..` and slashes at the ends; '' is the
 * folder that it is relative to. Undefined when it leads out of there or can't be a path.
 */
export function parseRelativeFolder(path: string): string | undefined {
  if (path.includes('\0') || path.includes('\\')) return undefined;
  const normal = posix.normalize(path === '' ? '.' : path).replace(/\/+$/, '');
  if (posix.isAbsolute(path) || normal === '..' || normal.startsWith('../')) return undefined;
  return normal === '.' ? '' : normal;
}
