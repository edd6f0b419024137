import {
  BUN_VERSION,
  npmVersionFor,
  PACKAGE_MANAGERS,
  type PackageManagerName,
  PNPM_VERSION,
  PNPM_VERSIONS,
  YARN_CLASSIC_VERSION,
  YARN_VERSION,
  YARN_VERSION_OF_BARE_CHECKSUMS,
  YARN_VERSIONS,
} from '../toolchain/versions.ts';

/** A package manager at one version. `hash` is what the repository says its archive must have: `sha512.<hex>`. */
export interface PackageManager {
  readonly name: PackageManagerName;
  readonly version: string;
  readonly hash: string | null;
}

/** A lockfile that was found: its name and the first part of its text. */
export interface Lockfile {
  readonly name: string;
  readonly start: string;
}

/** Lockfiles by name, and whose they are. When several lie side by side, the first of these decides. */
export const LOCKFILES: Readonly<Record<string, PackageManagerName>> = {
  'pnpm-lock.yaml': 'pnpm',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'yarn.lock': 'yarn',
  'npm-shrinkwrap.json': 'npm',
  'package-lock.json': 'npm',
};

export interface ChosenPackageManager {
  readonly manager: PackageManager;
  readonly note: string;
}

export type PackageManagerChoice =
  | ({ readonly ok: true } & ChosenPackageManager)
  | { readonly ok: false; readonly message: string };

/** The `packageManager` field decides, since it is explicit; then the lockfile; then it is npm. */
export function choosePackageManager(
  field: string | undefined,
  lockfile: Lockfile | undefined,
  nodeMajor: number,
): PackageManagerChoice {
  if (field !== undefined) return chooseByField(field);
  if (lockfile === undefined) {
    const manager = npmFor(nodeMajor);
    return {
      ok: true,
      manager,
      note: `npm ${manager.version}: there is no lockfile, so versions may change.`,
    };
  }
  const manager = managerOfLockfile(lockfile, nodeMajor);
  return { ok: true, manager, note: `${manager.name} ${manager.version}, because of ${lockfile.name}.` };
}

const FIELD = /^(?<name>[a-z]+)@(?<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)(?:\+(?<hash>.+))?$/;
const HASH = /^sha(?:1|224|256|384|512)\.[0-9a-f]{40,128}$/;

function chooseByField(field: string): PackageManagerChoice {
  const { name, version, hash } = FIELD.exec(field)?.groups ?? {};
  const known = PACKAGE_MANAGERS.find((each) => each === name);
  if (known === undefined || version === undefined || (hash !== undefined && !HASH.test(hash)))
    return {
      ok: false,
      message:
        `package.json: "packageManager" must be npm, pnpm, yarn or bun with a full version, such as ` +
        `"pnpm@10.34.9", but is ${JSON.stringify(field.slice(0, 100))}.`,
    };
  const note = `${known} ${version}, because of "packageManager" in package.json.`;
  if (hash === undefined || isHashOfNpmArchive(known, version))
    return { ok: true, manager: { name: known, version, hash: hash ?? null }, note };
  const unchecked = `Its hash is not of the archive in the npm registry, where ${known} comes from here, and was not compared.`;
  return { ok: true, manager: plain(known, version), note: `${note} ${unchecked}` };
}

/** Corepack, which writes these hashes, gets newer Yarns from a server of theirs; Bun's program lies in other packages. */
function isHashOfNpmArchive(name: PackageManagerName, version: string): boolean {
  return name === 'yarn' ? version.startsWith('1.') : name !== 'bun';
}

function managerOfLockfile(lockfile: Lockfile, nodeMajor: number): PackageManager {
  const name = LOCKFILES[lockfile.name] ?? 'npm';
  switch (name) {
    case 'pnpm':
      return plain('pnpm', pnpmVersionOf(lockfile.start));
    case 'yarn':
      return plain('yarn', yarnVersionOf(lockfile.start));
    case 'bun':
      return plain('bun', BUN_VERSION);
    case 'npm':
      return npmFor(nodeMajor);
  }
}

function pnpmVersionOf(start: string): string {
  const major = /^lockfileVersion:\s*'?(\d+)/m.exec(start)?.[1];
  return PNPM_VERSIONS[major ?? ''] ?? PNPM_VERSION;
}

function yarnVersionOf(start: string): string {
  if (/^# yarn lockfile v1/m.test(start)) return YARN_CLASSIC_VERSION;
  const format = /^__metadata:\s*\n\s+version:\s*(\d+)/m.exec(start)?.[1];
  if (format === '8' && /^ {2}checksum: [0-9a-f]{128}$/m.test(start)) return YARN_VERSION_OF_BARE_CHECKSUMS;
  return YARN_VERSIONS[format ?? ''] ?? YARN_VERSION;
}

function npmFor(nodeMajor: number): PackageManager {
  return plain('npm', npmVersionFor(nodeMajor));
}

function plain(name: PackageManagerName, version: string): PackageManager {
  return { name, version, hash: null };
}

/** Installs exactly what the lockfile says, or fails; without a lockfile, what package.json says. */
export function installCommandOf({ name, version }: PackageManager, isLocked: boolean): string {
  const isClassicYarn = name === 'yarn' && version.startsWith('1.');
  switch (name) {
    case 'npm':
      return isLocked ? 'npm ci' : 'npm install';
    case 'pnpm':
      return isLocked ? 'pnpm install --frozen-lockfile' : 'pnpm install --no-frozen-lockfile';
    case 'yarn':
      if (isClassicYarn) return isLocked ? 'yarn install --frozen-lockfile' : 'yarn install';
      return isLocked ? 'yarn install --immutable' : 'yarn install --no-immutable';
    case 'bun':
      return isLocked ? 'bun install --frozen-lockfile' : 'bun install';
  }
}

/** Runs a script of package.json. */
export function runScriptCommand({ name }: PackageManager, script: string): string {
  return `${name} run ${script}`;
}

/** Runs a program that a dependency brings. */
export function execCommand({ name, version }: PackageManager, command: string): string {
  switch (name) {
    case 'npm':
      return `npm exec -- ${command}`;
    case 'pnpm':
      return `pnpm exec ${command}`;
    case 'yarn':
      return version.startsWith('1.') ? `yarn run ${command}` : `yarn exec ${command}`;
    case 'bun':
      return `bunx ${command}`;
  }
}
