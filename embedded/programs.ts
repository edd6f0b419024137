import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Service } from './children.ts';
import { formatLogLine } from './log-lines.ts';
import { LOOPBACK } from './ports.ts';
import { answersOk } from './probe.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
/** The app hands over running builds and flushes logs. */
const APP_STOP_TIMEOUT_MS = 15_000;
const PROXY_STOP_TIMEOUT_MS = 5_000;
/** Node is pinned, so what it calls experimental can't change unnoticed; a person can do nothing about it. */
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning'];

interface Program {
  readonly name: string;
  /** Relative to the repository's root. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
}

export function appService(program: Omit<Program, 'name' | 'file'>): Service {
  return programService({ name: 'The app', file: 'app/main.ts', ...program }, APP_STOP_TIMEOUT_MS);
}

export function proxyService(program: Omit<Program, 'name' | 'file'>): Service {
  return programService({ name: 'The proxy', file: 'proxy/main.ts', ...program }, PROXY_STOP_TIMEOUT_MS);
}

/**
 * One of our own programs. It answers `GET /healthz` when it is ready, ends in order on SIGTERM, and does the same
 * when the channel to us closes (`process.on('disconnect')`), which it does however we ended.
 */
function programService(program: Program, stopTimeoutMs: number): Service {
  const target = { host: addressOf(program.host), port: program.port, path: '/healthz' };
  return {
    name: program.name,
    start: async () => spawnProgram(program),
    // A loopback name is answered whatever host name people use.
    isReady: () => answersOk({ ...target, headers: { host: 'localhost' } }),
    askToStop: (child) => child.kill('SIGTERM'),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs,
  };
}

function spawnProgram(program: Program): ChildProcess {
  const child = spawn(process.execPath, [...NODE_OPTIONS, path.join(ROOT, program.file)], {
    cwd: ROOT,
    env: program.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  showLog(program.name, child.stdout);
  return child;
}

/** Its log is JSON for machines; here a person reads it. */
function showLog(name: string, log: Readable | null): void {
  if (log === null) return;
  createInterface({ input: log }).on('line', (line) =>
    process.stdout.write(`${formatLogLine(name, line)}\n`),
  );
}

/** Where to connect to a server that listens on `host`. */
export function addressOf(host: string): string {
  if (host === '0.0.0.0') return LOOPBACK;
  return host === '::' ? '::1' : host;
}
