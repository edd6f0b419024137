// Adds to package-lock.json the optional packages of other platforms that the registry of the machine that wrote it
// does not serve (mirrors often hold only what was asked for). npm leaves them out without a word, and `npm ci` then
// refuses the lockfile everywhere. Run it after `npm install`: `npm run lockfile`.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'wasm32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
];
const EXACT = /^\d+\.\d+\.\d+/;

/** Which machines a package is for, read from its name as its publishers write it: `@x/binding-linux-arm64-musl`. */
export function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const system = words.find((word) => SYSTEMS.includes(word));
  const processor = words.find((word) => PROCESSORS.includes(word));
  if (system === undefined || processor === undefined) return undefined;
  const libc = words.includes('musl') || words.includes('musleabihf') ? 'musl' : 'glibc';
  return { os: [system], cpu: [processor], ...(system === 'linux' && { libc: [libc] }) };
}

/** The entries that a lockfile lacks: path → entry. */
export function missingEntries({ packages }) {
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const isLocked = `${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
      const platform = platformOf(name);
      if (isLocked || platform === undefined || !EXACT.test(version)) continue;
      missing[`node_modules/${name}`] = {
        version,
        ...platform,
        ...(entry.dev && { dev: true }),
        optional: true,
      };
    }
  }
  return missing;
}

if (import.meta.main) {
  const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const missing = missingEntries(lockfile);
  const [root, ...others] = Object.entries({ ...lockfile.packages, ...missing }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  lockfile.packages = Object.fromEntries([root, ...others]);
  writeFileSync('package-lock.json', `${JSON.stringify(lockfile, undefined, 2)}\n`);
  process.stdout.write(`package-lock.json: ${Object.keys(missing).length} entries added\n`);
}
