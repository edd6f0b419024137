import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { accountFiles, bubblewrapArguments, type SystemFolders } from './bubblewrap.ts';
import type { CommandOrder } from './command.ts';
import { certificatePaths, commandEnvironment } from './environment.ts';
import { MARKER_VARIABLE } from './family.ts';
import { type BuildUser, INSIDE, type Sandbox, type WorkFolder } from './sandbox.ts';
import { userNamespaceFilter } from './seccomp.ts';

/** What to spawn for one command of the user's. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whom to spawn as; null: as the builder itself. */
  readonly user: BuildUser | null;
  /** Marks everything that the command starts. */
  readonly marker: string;
  /** What bubblewrap reads from its descriptors; null when there is no bubblewrap. */
  readonly inputs: { readonly passwd: string; readonly group: string; readonly filter: Buffer | null } | null;
}

/** What the builder knows of its own host, read once by the caller. */
export interface Host {
  readonly builderUser: BuildUser;
  /** `process.arch`. */
  readonly arch: string;
  readonly systemFolders: SystemFolders;
  /**
   * Threads that the kernel counts for the command's user already. With a user of its own these are dead processes
   * that nobody collects (in containers whose first process is no init); otherwise, all that the builder's user runs.
   */
  readonly threadsBefore: number;
}

/** The kernel refuses threads only somewhat beyond the limit, so that the watcher sees the limit passed, and says so. */
const THREADS_BEYOND_LIMIT = 1.25;
/** Without a user of its own: what else this user may start meanwhile, and must not fail the build by it. */
const THREADS_OF_OTHERS = 500;

/** Decides how a command is started in this sandbox. */
export function planLaunch(sandbox: Sandbox, order: CommandOrder, host: Host): Launch {
  return sandbox.kind === 'bubblewrap' && sandbox.tools.bwrap !== null
    ? planBubblewrap(sandbox, sandbox.tools.bwrap, order, host)
    : planPlain(sandbox, order, host);
}

function planBubblewrap(sandbox: Sandbox, bwrap: string, order: CommandOrder, host: Host): Launch {
  const marker = markerOf(order.folder);
  const filter = userNamespaceFilter(host.arch);
  const paths = { home: INSIDE.home, tmp: INSIDE.tmp, toolchain: INSIDE.toolchain };
  const args = bubblewrapArguments({
    folder: order.folder,
    workingDirectory: order.workingDirectory,
    toolchainFolder: order.toolchain.folder,
    cache: order.cache,
    readablePaths: certificatePaths(order.builderEnvironment),
    user: sandbox.user,
    systemFolders: host.systemFolders,
    isFiltered: filter !== null,
  });
  return {
    file: bwrap,
    args: [
      ...args,
      ...giveWay(sandbox),
      ...dropPrivileges(sandbox, sandbox.user),
      ...boundResources(sandbox, order, host),
      ...programOf(order),
    ],
    cwd: '/',
    environment: environmentOf(order, { ...paths, cache: INSIDE.cache, marker }),
    // bubblewrap starts as the builder: as root it needs no user namespace, and setpriv changes the user inside.
    user: null,
    marker,
    inputs: { ...accountFiles(sandbox.user ?? host.builderUser), filter },
  };
}

function planPlain(sandbox: Sandbox, order: CommandOrder, host: Host): Launch {
  const marker = markerOf(order.folder);
  const paths = { home: order.folder.home, tmp: order.folder.tmp, toolchain: order.toolchain.folder };
  const prefix = [
    ...giveWay(sandbox),
    ...dropPrivileges(sandbox, null),
    ...boundResources(sandbox, order, host),
    ...programOf(order),
  ];
  const [file = '/bin/sh', ...args] = prefix;
  return {
    file,
    args,
    cwd: join(order.folder.source, order.workingDirectory),
    environment: environmentOf(order, { ...paths, cache: order.cache?.folder ?? '', marker }),
    user: sandbox.user,
    marker,
    inputs: null,
  };
}

const NICENESS = 10;

/** The builder must get its turn while a command takes every core: it has to notice, and to end it. */
function giveWay({ tools }: Sandbox): string[] {
  return tools.nice === null ? [] : [tools.nice, '-n', String(NICENESS)];
}

/**
 * setpriv: become `user` (unless that is null), and never gain rights again, by set-uid programs neither. Without
 * bubblewrap it also ties the first process to the builder's life.
 */
function dropPrivileges({ tools, kind }: Sandbox, user: BuildUser | null): string[] {
  if (tools.setpriv === null) return [];
  const become = [
    ['--reuid', String(user?.uid), '--regid', String(user?.gid), '--clear-groups'],
    ['--inh-caps=-all', '--bounding-set=-all'],
  ].flat();
  const tie = kind === 'plain' ? ['--pdeathsig', 'KILL'] : [];
  return [tools.setpriv, ...(user === null ? [] : become), ...tie, '--no-new-privs', '--'];
}

/**
 * prlimit: no core dumps, no file beyond the disk budget, and a last bound on threads, which the kernel counts per
 * user, that holds between two looks of the watcher.
 */
function boundResources({ tools, user }: Sandbox, { limits }: CommandOrder, host: Host): string[] {
  if (tools.prlimit === null) return [];
  const ofOthers = host.threadsBefore + (user === null ? THREADS_OF_OTHERS : 0);
  const maxThreads = Math.ceil(limits.processes * THREADS_BEYOND_LIMIT) + ofOthers;
  return [tools.prlimit, '--core=0', `--fsize=${limits.diskBytes}`, `--nproc=${maxThreads}`, '--'];
}

/** The only shell that Offshoot starts, for the user's own command. */
function programOf({ command }: CommandOrder): readonly string[] {
  return typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
}

interface SeenPaths {
  readonly home: string;
  readonly tmp: string;
  readonly toolchain: string;
  readonly cache: string;
  readonly marker: string;
}

function environmentOf(order: CommandOrder, paths: SeenPaths): Record<string, string> {
  const environment = commandEnvironment({
    builderEnvironment: order.builderEnvironment,
    variables: order.variables,
    binFolders: order.toolchain.binFolders.map((folder) => join(paths.toolchain, folder)),
    home: paths.home,
    tmp: paths.tmp,
    cache: order.cache === null ? null : { folder: paths.cache, variables: order.cache.variables },
  });
  return { ...environment, [MARKER_VARIABLE]: paths.marker };
}

/** The work folder is this build's alone, so its name marks the build; hashed, since commands can read it. */
export function markerOf(folder: WorkFolder): string {
  return createHash('sha256').update(folder.root).digest('hex').slice(0, 32);
}
