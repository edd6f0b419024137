// The command line `offshoot`; offshoot.mjs starts it. This file gives it the real machine.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Interrupted } from './cli-error.ts';
import { BROKEN_PIPE, exitCodeOf, STOP_SIGNALS, type StopSignal } from './exit-codes.ts';
import { run } from './run.ts';
import type { System } from './system.ts';

/** A terminal sends Ctrl-C to the shim too, which passes it on: what comes so soon is no second one. */
const REPEATED_SIGNAL_MS = 500;
const READ_PROGRAM_TIMEOUT_MS = 2000;
const SECRET_BYTES = 24;

const repositoryFolder = path.dirname(import.meta.dirname);
const stop = new AbortController();
let stoppedAt: number | undefined;

for (const signal of STOP_SIGNALS) process.on(signal, () => onSignal(signal));
for (const stream of [process.stdout, process.stderr]) stream.on('error', onBrokenPipe);

process.exit(await run(process.argv.slice(2), createSystem(), await readVersion()));

function createSystem(): System {
  return {
    // Opened only when it is read: a shell that completes has typed words waiting in it.
    get input() {
      return process.stdin;
    },
    output: process.stdout,
    errors: process.stderr,
    env: process.env,
    platform: process.platform,
    workingFolder: process.cwd(),
    homeFolder: homedir(),
    repositoryFolder,
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
    randomSecret: () => randomBytes(SECRET_BYTES).toString('base64url'),
    stop: stop.signal,
    startProgram,
    readProgram,
  };
}

/** The first one ends what is under way in order; a second one ends us. */
function onSignal(signal: StopSignal): void {
  if (stoppedAt === undefined) {
    stoppedAt = Date.now();
    stop.abort(new Interrupted(signal));
  } else if (Date.now() - stoppedAt > REPEATED_SIGNAL_MS) {
    process.exit(exitCodeOf(signal));
  }
}

/** Whoever read the output has seen enough, as `| head` has: nothing is left to say. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
  throw error;
}

function startProgram(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function readProgram(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: READ_PROGRAM_TIMEOUT_MS }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}

async function readVersion(): Promise<string> {
  const text = await readFile(path.join(repositoryFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
