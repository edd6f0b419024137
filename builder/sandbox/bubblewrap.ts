import { join } from 'node:path';
import type { CommandCache } from './command.ts';
import { INSIDE, type BuildUser, type WorkFolder } from './sandbox.ts';

/** Files of the host's /etc that programs need and that tell nothing about the host's users or services. */
const ETC = [
  'alternatives',
  'ca-certificates',
  'fonts',
  'gai.conf',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'pki/ca-trust',
  'pki/tls/certs',
  'pki/tls/openssl.cnf',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
] as const;

/** Top folders that are symlinks into /usr on most systems, and folders of their own on others. */
export const SYSTEM_FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'] as const;

/** /dev/shm is memory that no process owns, so the watcher would not see it: it is kept small. */
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

/** File descriptors that bubblewrap is handed, after the three standard ones. */
export const DESCRIPTORS = { passwd: 3, group: 4, status: 5, release: 6, filter: 7 } as const;

export interface BubblewrapOrder {
  readonly folder: WorkFolder;
  readonly workingDirectory: string;
  readonly toolchainFolder: string;
  readonly cache: CommandCache | null;
  /** Further host paths that are shown read-only where they are. */
  readonly readablePaths: readonly string[];
  /** Whom bubblewrap is to become at the end; null when it is started as that user already. */
  readonly user: BuildUser | null;
  /** What each of SYSTEM_FOLDERS is on this host. */
  readonly systemFolders: SystemFolders;
  /** Whether a system call filter comes on its descriptor. */
  readonly isFiltered: boolean;
}

export type SystemFolders = Readonly<Record<string, { readonly symlinkTo: string } | 'folder'>>;

/**
 * Bubblewrap's arguments up to and without the command. It names its process on the status descriptor, and waits
 * for a byte on the release descriptor before it starts the command.
 */
export function bubblewrapArguments(order: BubblewrapOrder): string[] {
  const status = ['--json-status-fd', String(DESCRIPTORS.status), '--block-fd', String(DESCRIPTORS.release)];
  const filter = order.isFiltered ? ['--seccomp', String(DESCRIPTORS.filter)] : [];
  return [
    ...namespaces(order.user),
    ...status,
    ...filter,
    ...systemMounts(order),
    ...buildMounts(order),
    '--',
  ];
}

/**
 * As root, bubblewrap needs no user namespace (which some systems deny to others), and reaches folders that the
 * build's user can't. setpriv inside then becomes that user: for this, and for entering the start folder, four
 * capabilities are kept until then.
 */
function namespaces(user: BuildUser | null): string[] {
  const kept = user === null ? [] : ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_DAC_READ_SEARCH'];
  return [
    ['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ['--hostname', 'build', '--die-with-parent', '--new-session'],
    ['--cap-drop', 'ALL', ...kept.flatMap((capability) => ['--cap-add', capability])],
  ].flat();
}

function systemMounts(order: BubblewrapOrder): string[] {
  return [
    ['--ro-bind', '/usr', '/usr', ...systemLinks(order.systemFolders)],
    folders('/etc', '/etc/ssl', '/etc/pki', '/etc/pki/tls'),
    ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ['--perms', '0444', '--ro-bind-data', String(DESCRIPTORS.passwd), '/etc/passwd'],
    ['--perms', '0444', '--ro-bind-data', String(DESCRIPTORS.group), '/etc/group'],
    ['--proc', '/proc', '--dev', '/dev'],
    ['--size', String(SHARED_MEMORY_BYTES), '--perms', '1777', '--tmpfs', '/dev/shm'],
  ].flat();
}

function systemLinks(folders: SystemFolders): string[] {
  return Object.entries(folders).flatMap(([name, kind]) =>
    kind === 'folder' ? ['--ro-bind', `/${name}`, `/${name}`] : ['--symlink', kind.symlinkTo, `/${name}`],
  );
}

function buildMounts(order: BubblewrapOrder): string[] {
  const { folder, cache } = order;
  const cacheSource = cache?.copyFrom ?? null;
  return [
    folders('/build', '/opt'),
    ['--bind', folder.source, INSIDE.source],
    ['--bind', folder.home, INSIDE.home],
    ['--bind', folder.tmp, INSIDE.tmp],
    cache === null ? [] : ['--bind', cache.folder, INSIDE.cache],
    cacheSource === null ? [] : ['--ro-bind', cacheSource, INSIDE.cacheSource],
    ['--ro-bind', order.toolchainFolder, INSIDE.toolchain],
    order.readablePaths.flatMap((path) => [...folders(...ancestorsOf(path)), '--ro-bind-try', path, path]),
    ['--remount-ro', '/dev', '--remount-ro', '/'],
    ['--chdir', join(INSIDE.source, order.workingDirectory)],
  ].flat();
}

/** bubblewrap closes folders that it makes on its own to everybody but root, so parents are made first. */
function folders(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => ['--perms', '0755', '--dir', path]);
}

/** `/a/b/c` → `/a`, `/a/b`. */
function ancestorsOf(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/** Arguments that use everything that may be forbidden here, and none of a build's folders. */
export function bubblewrapSmokeTest(user: BuildUser | null, systemFolders: SystemFolders): string[] {
  return [
    ...namespaces(user),
    ['--ro-bind', '/usr', '/usr', ...systemLinks(systemFolders)],
    ['--proc', '/proc', '--dev', '/dev', '--'],
  ].flat();
}

/** /etc/passwd and /etc/group of the sandbox: tools ask for the name and home of the user they run as. */
export function accountFiles(user: BuildUser): { readonly passwd: string; readonly group: string } {
  return {
    passwd: `root:x:0:0:root:/:/usr/sbin/nologin\nbuild:x:${user.uid}:${user.gid}:build:${INSIDE.home}:/bin/sh\n`,
    group: `root:x:0:\nbuild:x:${user.gid}:\n`,
  };
}
