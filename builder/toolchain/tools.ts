import type { PackageManager } from '../detect/package-manager.ts';
import { NODE_VERSIONS } from './versions.ts';

/** One program in one version, as the toolchain folder keeps it. */
export interface Tool {
  /** Names its folder; two builds that need the same tool share it. */
  readonly folder: string;
  /** For people. */
  readonly name: string;
  /** The npm package that holds it: `<name>@<version>`, or a range for majors that our table does not know. */
  readonly packageSpec: string;
  /** Program → file in the package's folder, for programs that npm would not link; npm's own links otherwise. */
  readonly programs: Readonly<Record<string, string>> | null;
  /** What the repository says its archive must have, `sha512.<hex>`. */
  readonly hash: string | null;
}

/** The processor and C library of this machine, as npm packages name them. */
export interface Platform {
  /** `process.platform` and `process.arch`. */
  readonly os: string;
  readonly arch: string;
  /** Linux with musl instead of glibc (Alpine). */
  readonly isMusl: boolean;
}

/** Node of a major: the release of our table, else the registry's newest. */
export function nodeTool(major: number, { os, arch }: Platform): Tool {
  const version = NODE_VERSIONS[major] ?? String(major);
  const name = `node-${os}-${arch}`;
  return {
    folder: `node-${version}`,
    name: `Node ${version}`,
    packageSpec: `${name}@${version}`,
    programs: { node: `${name}/bin/node` },
    hash: null,
  };
}

export function packageManagerTool({ name, version, hash }: PackageManager, platform: Platform): Tool {
  const suffix = hash === null ? '' : `+${hash.slice(0, HASH_IN_NAME_LENGTH)}`;
  const tool = { folder: `${name}-${version}${suffix}`, name: `${name} ${version}`, hash };
  if (name === 'bun') {
    const bun = bunPackage(platform);
    const file = `${bun}/bin/bun`;
    return { ...tool, packageSpec: `${bun}@${version}`, programs: { bun: file, bunx: file } };
  }
  if (name === 'npm')
    return {
      ...tool,
      packageSpec: `npm@${version}`,
      programs: { npm: 'npm/bin/npm-cli.js', npx: 'npm/bin/npx-cli.js' },
    };
  const packageName = name === 'yarn' && !version.startsWith('1.') ? '@yarnpkg/cli-dist' : name;
  return { ...tool, packageSpec: `${packageName}@${version}`, programs: null };
}

/** Enough of a hash to tell two archives of one version apart in a folder's name. */
const HASH_IN_NAME_LENGTH = 23;

/** Bun's program lies in a package a platform, under names of Bun's own. */
function bunPackage({ os, arch, isMusl }: Platform): string {
  const processor = arch === 'arm64' ? 'aarch64' : arch;
  return `@oven/bun-${os}-${processor}${isMusl ? '-musl' : ''}`;
}
