import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  isAlive,
  lifeOf,
  nameProcess,
  type ProcessName,
  processNameSchema,
} from '../../../machine/process-name.ts';
import { readProcess, sendSignal } from '../../../machine/processes.ts';
import { formatBuilderEnvironment } from './builder-environment.ts';
import type { Launcher, LaunchHandle, LaunchOrder, LaunchResult } from './launcher.ts';
import { outputOf, type Reservation, SlotKeeper } from './slot-keeper.ts';
import type { SlotRecord } from './slots.ts';

export interface ProcessLauncherOptions {
  /** How builders on this machine reach the app. */
  readonly appUrl: string;
  /** Program and arguments that run a builder. The attempt's id follows them, so that `ps` shows it. */
  readonly command: readonly [string, ...string[]];
  /** Absolute paths. The work folder holds nothing but work folders of attempts. */
  readonly workFolder: string;
  readonly toolchainFolder: string;
  readonly cacheFolder: string;
  /** See slotFolderOf. */
  readonly slotFolder: string;
  /** When we are root: user commands of a build run under a uid from here on, which nobody else may have. */
  readonly firstUid: number | undefined;
  /** The operator's environment, of which builders get BUILDER_PASSTHROUGH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long a builder that was told to stop may take to hand its build back. */
  readonly releaseTimeoutMs: number;
  readonly randomId: () => string;
  readonly log: { warn(fields: Record<string, unknown>, message: string): void };
}

export interface ProcessLauncher extends Launcher {
  /** Stops looking after builders, once the leftovers of those that have ended are removed; the others go on. */
  readonly close: () => Promise<void>;
}

const handleSchema = processNameSchema.extend({ attemptId: z.string(), appUrl: z.string() });
type Handle = z.infer<typeof handleSchema>;

const SWEEP_MS = 1_000;
const POLL_MS = 25;
/** What a builder prints by itself is a crash; more than this is cut. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
const SHOWN_OUTPUT_BYTES = 16 * 1024;

/** Uids are the whole machine's, so as root the record of who has which one is so too. */
export function slotFolderOf(workFolder: string, isRoot: boolean): string {
  return isRoot ? '/var/run/offshoot/slots' : join(workFolder, 'slots');
}

/** Builds as processes on this machine. They outlive the app: the next one finds them by their handles. */
export async function createProcessLauncher(options: ProcessLauncherOptions): Promise<ProcessLauncher> {
  const { workFolder, slotFolder, firstUid, randomId, log } = options;
  const onEnd = (record: SlotRecord) => reportOutput(record, log);
  const keeper = new SlotKeeper({ slotFolder, workFolder, firstUid, randomId, onEnd });
  await keeper.removeOrphans();
  const sweeper = startSweeper(keeper, options);

  return {
    name: 'process',
    launch: (order) => launch(order, keeper, options, sweeper.hurry),
    async inspect(handle) {
      const life = lifeOf(parseHandle(handle));
      return ({ alive: 'running', dead: 'gone', unknown: 'unknown' } as const)[life];
    },
    // Several apps may share a machine; builders of each know the address of theirs.
    isOurs(handle) {
      const name = parseHandle(handle);
      return name.appUrl === options.appUrl && lifeOf(name) !== 'unknown';
    },
    async stop(handle, grace) {
      const name = parseHandle(handle);
      if (lifeOf(name) === 'unknown') return; // Another machine's: only that one can stop it.
      if (grace === 'release') await askToStop(name, options.releaseTimeoutMs);
      await keeper.end(name.attemptId);
    },
    close: sweeper.close,
  };
}

async function launch(
  order: LaunchOrder,
  keeper: SlotKeeper,
  options: ProcessLauncherOptions,
  onExit: () => void,
): Promise<LaunchResult> {
  const reserved = await keeper.reserve(order.attemptId);
  if (reserved === undefined) return { launched: false, message: 'This machine has no free build slot.' };
  if ('state' in reserved) return { launched: true, handle: formatHandle(reserved, options.appUrl) };
  try {
    const builder = await startBuilder(order, reserved, options, onExit);
    await keeper.keep(reserved, order.attemptId, builder);
    return {
      launched: true,
      handle: { attemptId: order.attemptId, appUrl: options.appUrl, ...builder } satisfies Handle,
    };
  } catch (error) {
    await keeper.abandon(order.attemptId);
    const reason = error instanceof Error ? error.message : String(error);
    return { launched: false, message: `The builder could not be started on this machine: ${reason}` };
  }
}

/** In a session of its own: signals to the app's group (Ctrl-C) are not meant for builders. */
async function startBuilder(
  order: LaunchOrder,
  reservation: Reservation,
  options: ProcessLauncherOptions,
  onExit: () => void,
): Promise<ProcessName> {
  const [program, ...programArguments] = options.command;
  const { appUrl, toolchainFolder, cacheFolder, firstUid } = options;
  const { folder: workFolder, uid } = reservation;
  const slot = reservation.slot - (firstUid ?? 0);
  const place = { appUrl, token: order.token, workFolder, toolchainFolder, cacheFolder, slot, uid };
  const output = await open(outputOf(workFolder), 'a', 0o600);
  try {
    const child = spawn(program, [...programArguments, order.attemptId], {
      cwd: '/',
      detached: true,
      env: formatBuilderEnvironment(place, options.environment),
      stdio: ['ignore', output.fd, output.fd],
    });
    return await nameChild(child, onExit);
  } finally {
    await output.close();
  }
}

/** Rejects when the program could not be executed. */
async function nameChild(child: ChildProcess, onExit: () => void): Promise<ProcessName> {
  // Before anything is awaited: a child that ends at once stays in the process table until we turn to events.
  const entry = child.pid === undefined ? undefined : readProcess(child.pid);
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject);
  });
  child.once('exit', onExit);
  child.unref();
  if (entry === undefined) throw new Error('it ended at once');
  return nameProcess(entry);
}

async function askToStop(name: ProcessName, timeoutMs: number): Promise<void> {
  if (!isAlive(name) || !sendSignal(name.pid, 'SIGTERM')) return;
  for (let waitedMs = 0; waitedMs < timeoutMs && isAlive(name); waitedMs += POLL_MS) await sleep(POLL_MS);
}

interface Sweeper {
  /** A builder has ended: look now. */
  readonly hurry: () => void;
  readonly close: () => Promise<void>;
}

function startSweeper(keeper: SlotKeeper, { workFolder, log }: ProcessLauncherOptions): Sweeper {
  let running: Promise<void> | undefined;
  let closed = false;
  async function sweep(): Promise<void> {
    try {
      await keeper.sweep();
      await boundOutputs(workFolder);
    } catch (err) {
      log.warn({ err }, 'leftovers of builds could not be removed; trying again');
    } finally {
      running = undefined;
    }
  }
  const run = () => {
    if (!closed) running ??= sweep();
  };
  const timer = setInterval(run, SWEEP_MS).unref();
  run();
  return {
    hurry: run,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
      await sweep(); // Of builders that ended in this last moment.
    },
  };
}

/** Builders append, so after a cut they go on at the new end. */
async function boundOutputs(workFolder: string): Promise<void> {
  const outputs = (await readdir(workFolder)).filter((name) => name.endsWith('.out'));
  for (const path of outputs.map((name) => join(workFolder, name))) {
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && info.size > MAX_OUTPUT_BYTES) await truncate(path).catch(() => {});
  }
}

async function reportOutput(record: SlotRecord, log: ProcessLauncherOptions['log']): Promise<void> {
  const output = await readTail(outputOf(record.folder), SHOWN_OUTPUT_BYTES);
  if (output === '') return;
  log.warn({ attemptId: record.attemptId, output }, 'a builder printed this before it ended');
}

/** Empty when there is no such file. */
async function readTail(path: string, sizeBytes: number): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return '';
  const chunks = createReadStream(path, { start: Math.max(0, info.size - sizeBytes), end: info.size });
  return (await text(chunks)).trim();
}

function formatHandle(record: SlotRecord, appUrl: string): Handle {
  const { attemptId, builder } = record;
  if (builder === null) throw new Error(`the running builder of attempt ${attemptId} has no name`);
  return { attemptId, appUrl, ...builder };
}

function parseHandle(handle: LaunchHandle): Handle {
  return handleSchema.parse(handle);
}
