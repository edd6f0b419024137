import { mkdir, chown, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupParent } from './cgroup.ts';

/** A uid and gid that user commands run as; one per slot of a machine. */
export interface BuildUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * How user commands are kept apart on this machine. `bubblewrap`: own file system view, pid space and limits;
 * `plain`: only another uid (when the builder is root), a scrubbed environment and the watcher.
 */
export interface Sandbox {
  readonly kind: 'bubblewrap' | 'plain';
  /** Whom the commands run as; null when the builder is an ordinary user, and they run as that user. */
  readonly user: BuildUser | null;
  /** One sentence for people about why there is no bubblewrap; null when there is. */
  readonly whyPlain: string | null;
  /** Absolute paths of the helpers that were found. */
  readonly tools: SandboxTools;
  /** Where each command gets a control group of its own; null where the watcher must do alone. */
  readonly cgroups: CgroupParent | null;
}

export interface SandboxTools {
  readonly bwrap: string | null;
  readonly setpriv: string | null;
  readonly prlimit: string | null;
  readonly nice: string | null;
}

/**
 * The folders of one build, as the builder sees them. Everything that counts against the disk budget is in `root`.
 * The builder checks out into `source` (as the build's user) and reads the output from there.
 */
export interface WorkFolder {
  readonly root: string;
  readonly source: string;
  readonly home: string;
  readonly tmp: string;
}

/** Where user commands find these folders when they run in bubblewrap; without it they see the real paths. */
export const INSIDE = {
  source: '/build/source',
  home: '/build/home',
  cache: '/build/cache',
  cacheSource: '/build/cache-source',
  tmp: '/tmp',
  toolchain: '/opt/offshoot',
} as const;

/**
 * Makes the folders of a build, readable and writable by its user alone. `root` must not exist yet. It stays the
 * builder's, so that without bubblewrap, too, no command can put a link in the place of a folder that root will read.
 */
export async function makeWorkFolder(root: string, user: BuildUser | null): Promise<WorkFolder> {
  const folder = { root, source: join(root, 'source'), home: join(root, 'home'), tmp: join(root, 'tmp') };
  await mkdir(root, { mode: 0o711 });
  await chmod(root, user === null ? 0o700 : 0o711);
  for (const path of [folder.source, folder.home, folder.tmp]) {
    await mkdir(path, { mode: 0o700 });
    await chmod(path, 0o700);
    if (user !== null) await chown(path, user.uid, user.gid);
  }
  return folder;
}
