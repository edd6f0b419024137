import { type ChildProcess, spawn } from 'node:child_process';
import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { listProcesses } from '../../machine/processes.ts';
import { DESCRIPTORS } from './bubblewrap.ts';
import { Cgroup } from './cgroup.ts';
import type { CommandEnd, CommandOrder, CommandResult } from './command.ts';
import { DiskMeter } from './disk-usage.ts';
import { Family } from './family.ts';
import { systemFoldersOf } from './host.ts';
import { pumpOutput } from './pump-output.ts';
import { type Host, type Launch, planLaunch } from './plan-launch.ts';
import type { Sandbox } from './sandbox.ts';
import { checkDisk, checkProcesses, tooManyProcesses, watchLimits } from './watch.ts';

/** One for each of bubblewrap's descriptors. */
const PIPES = Object.values(DESCRIPTORS).map(() => 'pipe' as const);

/**
 * Runs a command of the user's to its end or to the first limit that it passes. Resolves only when everything that
 * it started is dead and its output has been handed over. Never rejects for what the command does.
 */
export async function runCommand(sandbox: Sandbox, order: CommandOrder): Promise<CommandResult> {
  if (order.signal.aborted) return { ended: 'stopped', survivors: 0 };
  const misplaced = await checkWorkingDirectory(order);
  if (misplaced !== undefined) return { ended: 'not_started', message: misplaced, survivors: 0 };
  const launch = planLaunch(sandbox, order, await readHost(sandbox));
  return superviseCommand(sandbox, order, launch);
}

async function readHost({ user }: Sandbox): Promise<Host> {
  const builderUser = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const { uid } = user ?? builderUser;
  const before = (await listProcesses()).filter((each) => each.uid === uid);
  return {
    builderUser,
    arch: process.arch,
    systemFolders: await systemFoldersOf(),
    threadsBefore: before.reduce((sum, { threads }) => sum + threads, 0),
  };
}

async function superviseCommand(
  sandbox: Sandbox,
  order: CommandOrder,
  launch: Launch,
): Promise<CommandResult> {
  const family = new Family({ user: sandbox.user, marker: launch.marker });
  const cgroup = sandbox.cgroups && (await Cgroup.open(sandbox.cgroups, launch.marker, order.limits));
  const child = start(launch);
  const status = launch.inputs === null ? null : readStatus(child, (pid) => admit(child, pid, cgroup));
  const output = pumpOutput(child, order.onOutput);
  const end = await firstEnd(child, order, family);
  // Ends the sandbox's whole pid space at once; without one it ends the first process only.
  child.kill('SIGKILL');
  const survivors = await family.kill();
  await output.finish();
  const told = end.ended === 'exited' ? await explainExit(end, order, { status, cgroup }) : end;
  await cgroup?.close();
  return { ...told, survivors };
}

function start(launch: Launch): ChildProcess {
  const { user, inputs } = launch;
  const child = spawn(launch.file, launch.args, {
    cwd: launch.cwd,
    env: launch.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(inputs === null ? [] : PIPES)],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  if (inputs !== null) {
    send(child, 'passwd', inputs.passwd);
    send(child, 'group', inputs.group);
    send(child, 'filter', inputs.filter ?? '');
  }
  return child;
}

function send(child: ChildProcess, to: keyof typeof DESCRIPTORS, content: string | Buffer): void {
  const pipe = child.stdio.at(DESCRIPTORS[to]) as Writable;
  // bubblewrap may be gone before it has read its input: its exit tells more than the broken pipe.
  pipe.on('error', () => undefined);
  pipe.end(content);
}

/** Puts the sandbox into its control group before the command starts. */
function admit(child: ChildProcess, pid: number, cgroup: Cgroup | null): void {
  try {
    cgroup?.add(pid);
  } finally {
    send(child, 'release', '.');
  }
}

/** What happens first: the command's exit, its time limit, another limit, or the order to stop. */
async function firstEnd(child: ChildProcess, order: CommandOrder, family: Family): Promise<CommandEnd> {
  const over = new AbortController();
  const exit = new Promise<CommandEnd>((resolve) => {
    child.once('error', (error) => resolve({ ended: 'not_started', message: explainStart(error) }));
    child.once('exit', (code, signal) => resolve({ ended: 'exited', code, signal }));
  });
  const bounds = new Promise<CommandEnd>((resolve) => {
    const timer = setTimeout(resolve, order.limits.timeoutMs, {
      ended: 'timeout',
      timeoutMs: order.limits.timeoutMs,
    });
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    order.signal.addEventListener('abort', () => resolve({ ended: 'stopped' }), { signal: over.signal });
    if (order.signal.aborted) resolve({ ended: 'stopped' });
  });
  if (child.pid !== undefined) family.adopt(child.pid);
  const watch = { family, folder: order.folder.root, limits: order.limits, signal: over.signal };
  const watched = watchLimits(watch);
  const end = await Promise.race([exit, bounds, watched.then((exceeded) => exceeded ?? exit)]);
  over.abort();
  await watched;
  // A shell that can't fork gives up at once, maybe before the watcher saw its many children, which are still there.
  const failed = end.ended === 'exited' && end.code !== 0;
  return failed ? ((await checkProcesses(watch)) ?? end) : end;
}

/**
 * A command that failed may have failed because its folder was full, or may never have started: bubblewrap reports
 * a command's exit code on its status descriptor only when there was a command.
 */
async function explainExit(
  end: CommandEnd & { ended: 'exited' },
  order: CommandOrder,
  { status, cgroup }: { readonly status: Promise<string> | null; readonly cgroup: Cgroup | null },
): Promise<CommandEnd> {
  if (end.code === 0) return end;
  const { memoryBytes, processes } = order.limits;
  if (cgroup?.ranOutOfMemory)
    return { ended: 'out_of_memory', limitBytes: memoryBytes, usedBytes: memoryBytes };
  if (cgroup?.ranOutOfProcesses) return tooManyProcesses(processes, processes);
  const full = await checkDisk(
    new DiskMeter(order.folder.root, order.limits.diskBytes),
    order.limits.diskBytes,
  );
  if (full !== undefined) return full;
  const didStart = status === null || (await status).includes('"exit-code"');
  const message = 'The sandbox could not be set up; the last lines of the log, from bwrap, say why.';
  return didStart ? end : { ended: 'not_started', message };
}

async function readStatus(child: ChildProcess, onPid: (pid: number) => void): Promise<string> {
  let text = '';
  let isAdmitted = false;
  try {
    for await (const chunk of child.stdio.at(DESCRIPTORS.status) as Readable) {
      text += (chunk as Buffer).toString();
      const pid = /"child-pid": ?(\d+)/.exec(text)?.[1];
      if (pid !== undefined && !isAdmitted) onPid(Number(pid));
      isAdmitted ||= pid !== undefined;
    }
  } catch {
    // The pipe broke with the sandbox.
  }
  return text;
}

/** A sentence when the folder that the command should start in is none, or leads out of the sources. */
async function checkWorkingDirectory({
  folder,
  workingDirectory,
}: CommandOrder): Promise<string | undefined> {
  const source = await realpath(folder.source);
  const target = await realpath(join(source, workingDirectory)).catch(() => undefined);
  const isFolder = target !== undefined && (await lstat(target)).isDirectory();
  if (!isFolder) return `There is no folder ${workingDirectory} in the repository.`;
  const isInside = target === source || target.startsWith(source + sep);
  return isInside ? undefined : `The folder ${workingDirectory} leads out of the repository.`;
}

function explainStart(error: Error): string {
  return `The command could not be started: ${error.message}.`;
}
