import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bubblewrapSmokeTest } from './bubblewrap.ts';
import { openCgroupParent } from './cgroup.ts';
import { systemFoldersOf } from './host.ts';
import type { BuildUser, Sandbox, SandboxTools } from './sandbox.ts';

const PROBE_TIMEOUT_MS = 5_000;
const MAX_REASON_LENGTH = 200;
const TOOL_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

export interface ProbeOptions {
  /** Whom commands should run as, when the builder is root; null when it is an ordinary user. */
  readonly user: BuildUser | null;
  /** False: don't use bubblewrap although it is there (a setting of the operator's). */
  readonly useBubblewrap: boolean;
}

/**
 * Finds out how commands can be kept apart here, by really starting one. Throws when commands would run as
 * root, or when the builder may not become that user: then nothing untrusted may run.
 */
export async function probeSandbox(options: ProbeOptions): Promise<Sandbox> {
  checkUser(options.user);
  const tools = {
    bwrap: await findTool('bwrap'),
    setpriv: await findTool('setpriv'),
    prlimit: await findTool('prlimit'),
    nice: await findTool('nice'),
  };
  const whyPlain = options.useBubblewrap ? await whyNoBubblewrap(tools, options.user) : 'it is switched off.';
  const sentence = whyPlain === null ? null : `Builds run without bubblewrap: ${whyPlain}`;
  return {
    kind: whyPlain === null ? 'bubblewrap' : 'plain',
    user: options.user,
    whyPlain: sentence,
    tools,
    cgroups: whyPlain === null && options.user !== null ? await openCgroupParent() : null,
  };
}

function checkUser(user: BuildUser | null): void {
  const isRoot = process.getuid?.() === 0;
  if (user === null && isRoot) throw new Error('User commands must not run as root: name a uid for them.');
  if (user === null) return;
  if (user.uid === 0 || user.gid === 0)
    throw new Error('User commands must not run as root: name another uid.');
  if (!isRoot)
    throw new Error(`Only root can run commands as uid ${user.uid}: name no uid when Offshoot isn't root.`);
}

async function whyNoBubblewrap(tools: SandboxTools, user: BuildUser | null): Promise<string | null> {
  if (tools.bwrap === null) return 'it is not installed. Install the package bubblewrap to isolate them.';
  if (user !== null && tools.setpriv === null)
    return 'as root it needs setpriv. Install the package util-linux to isolate them.';
  const args = bubblewrapSmokeTest(user, await systemFoldersOf());
  const [file, ...rest] =
    user === null || tools.setpriv === null
      ? ['/bin/true']
      : [
          tools.setpriv,
          '--reuid',
          String(user.uid),
          '--regid',
          String(user.gid),
          '--clear-groups',
          '--',
          '/bin/true',
        ];
  try {
    await promisify(execFile)(tools.bwrap, [...args, file ?? '', ...rest], {
      timeout: PROBE_TIMEOUT_MS,
      env: {},
    });
    return null;
  } catch (error) {
    return `this machine does not let it start (${explain(error)}).`;
  }
}

function explain(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const text = stderr.trim() || (error instanceof Error ? error.message : String(error));
  return text.replaceAll(/\s+/g, ' ').slice(0, MAX_REASON_LENGTH);
}

async function findTool(name: string): Promise<string | null> {
  for (const folder of TOOL_FOLDERS) {
    const path = `${folder}/${name}`;
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}
