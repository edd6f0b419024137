/**
 * The versions that builds get when a repository names none: one table, so that two builders agree and a release
 * of Offshoot is what changes them.
 */
export const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'] as const;
export type PackageManagerName = (typeof PACKAGE_MANAGERS)[number];

/** The Node major of repositories that ask for none. */
export const DEFAULT_NODE_MAJOR = 24;

/** Newest release of each Node major when this Offshoot was made; other majors get their newest from the registry. */
export const NODE_VERSIONS: Readonly<Record<number, string>> = {
  18: '18.20.8',
  20: '20.20.2',
  22: '22.23.3',
  24: '24.21.0',
  26: '26.10.0',
};

/** Which majors are taken first when a repository accepts several. */
export const NODE_PREFERENCE = [24, 22, 26, 20, 18] as const;

/** Code names of the long-term releases, as `lts/<name>` in .nvmrc. */
export const NODE_CODENAMES: Readonly<Record<string, number>> = {
  hydrogen: 18,
  iron: 20,
  jod: 22,
  krypton: 24,
};

/** The npm that comes with Offshoot (a test compares it with package.json), and one for Node before 20.17. */
const NPM_VERSION = '11.21.2';
const NPM_VERSION_FOR_NODE_18 = '10.9.9';

export function npmVersionFor(nodeMajor: number): string {
  return nodeMajor < 20 ? NPM_VERSION_FOR_NODE_18 : NPM_VERSION;
}

/** By the lockfile's own version: the last release that writes this format. */
export const PNPM_VERSIONS: Readonly<Record<string, string>> = {
  '5': '7.33.7',
  '6': '8.15.9',
  '9': '10.34.9',
};
export const PNPM_VERSION = '10.34.9';

export const YARN_CLASSIC_VERSION = '1.22.22';
/**
 * By `__metadata.version` of yarn.lock: the last release that writes it. A later one would rewrite the lockfile,
 * which `--immutable` forbids.
 */
export const YARN_VERSIONS: Readonly<Record<string, string>> = {
  '4': '2.4.2',
  '5': '3.1.1',
  '6': '3.8.7',
  '8': '4.13.0',
  '9': '4.14.1',
};
/** The last release that writes version 8 with checksums that don't name their cache key. */
export const YARN_VERSION_OF_BARE_CHECKSUMS = '4.0.2';
export const YARN_VERSION = '4.18.1';

export const BUN_VERSION = '1.4.5';
