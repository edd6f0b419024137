import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 40_000;
const POLL_MS = 50;
const LOG_TIMEOUT_MS = 60_000;
const TOKEN = 'test-token-of-an-administrator-0123456789';
const TERMINAL = new Set(['ready', 'failed', 'canceled', 'superseded', 'skipped']);

export interface Deployment {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly commit: string;
  readonly phases: { phase: string; startedAt: number; endedAt: number | null }[];
  readonly urls: Record<string, string | null>;
}

export interface Project {
  readonly id: string;
  readonly slug: string;
  readonly url: string;
}

export interface LogLine {
  readonly seq: number;
  readonly attempt: number;
  readonly phase: string;
  readonly stream: string;
  readonly text: string;
}

export interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A whole Offshoot, as `npm start` runs it, on free ports and a data folder of its own. */
export interface Offshoot {
  readonly process: ChildProcess;
  readonly dataFolder: string;
  readonly appPort: number;
  readonly proxyPort: number;
  /** Everything that it has printed so far. */
  output(): string;
  call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  createProject(project: Record<string, unknown>): Promise<Project>;
  deploy(slug: string, ref?: string): Promise<Deployment>;
  deployment(id: string): Promise<Deployment>;
  waitForEnd(id: string, timeoutMs?: number): Promise<Deployment>;
  log(id: string): Promise<LogLine[]>;
  visit(url: string, path?: string, headers?: Record<string, string>): Promise<Page>;
  /** Ctrl-C, and waits for the end; the exit code. */
  stop(): Promise<number | null>;
  /** Starts again on the same folder and ports (after a stop or a kill). */
  restart(): Promise<void>;
  /** Stops what still runs and removes the data folder. */
  dispose(): Promise<void>;
}

export interface OffshootOptions {
  readonly environment?: Record<string, string>;
  readonly dataFolder?: string;
}

export async function startOffshoot(options: OffshootOptions = {}): Promise<Offshoot> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'offshoot-e2e-')));
  // As root, databases and builds run under other accounts: what those can enter needs no place outside.
  if (options.dataFolder === undefined) await chmod(dataFolder, 0o711);
  const [appPort, proxyPort] = [await freePort(), await freePort()];
  const environment = {
    ...process.env,
    PORT: String(appPort),
    PROXY_PORT: String(proxyPort),
    OFFSHOOT_DATA: dataFolder,
    OFFSHOOT_TOKEN: TOKEN,
    OFFSHOOT_ALLOW_LOCAL_REPOSITORIES: 'true',
    ...options.environment,
  };
  const chunks: string[] = [];
  const run = () => spawnOffshoot(environment, chunks);
  let child = run();
  const call = createCaller(appPort);
  await waitUntilReady(child, chunks, appPort, proxyPort);

  async function deployment(id: string): Promise<Deployment> {
    return (await call<Deployment>('GET', `/api/deployments/${id}`)).body;
  }

  return {
    get process() {
      return child;
    },
    dataFolder,
    appPort,
    proxyPort,
    output: () => chunks.join(''),
    call,
    async createProject(project) {
      return expectStatus(201, await call<Project>('POST', '/api/projects', project));
    },
    async deploy(slug, ref) {
      const body = ref === undefined ? {} : { ref };
      return expectStatus(202, await call<Deployment>('POST', `/api/projects/${slug}/deployments`, body));
    },
    deployment,
    async waitForEnd(id, timeoutMs = READY_TIMEOUT_MS) {
      return waitFor(`the end of deployment ${id}`, timeoutMs, async () => {
        const found = await deployment(id).catch(() => undefined);
        return found !== undefined && TERMINAL.has(found.status) ? found : undefined;
      });
    },
    log: (id) => readWholeLog(call, id),
    visit: (url, path = '/', headers = {}) => visit(proxyPort, url, path, headers),
    stop: () => stopChild(child),
    async restart() {
      child = run();
      await waitUntilReady(child, chunks, appPort, proxyPort);
    },
    async dispose() {
      await stopChild(child);
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function spawnOffshoot(environment: NodeJS.ProcessEnv, chunks: string[]): ChildProcess {
  const child = spawn(process.execPath, ['scripts/guard.mjs', 'embedded/main.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return child;
}

async function waitUntilReady(child: ChildProcess, chunks: string[], ...ports: number[]): Promise<void> {
  for (const port of ports) {
    await waitFor(`port ${port}`, READY_TIMEOUT_MS, async () => {
      if (child.exitCode !== null)
        throw new Error(`Offshoot ended with ${child.exitCode}:\n${chunks.join('')}`);
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
      return answer?.ok ? true : undefined;
    }).catch((error: unknown) => {
      throw new Error(`not ready; it printed:\n${chunks.join('')}`, { cause: error });
    });
  }
}

async function stopChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
}

function createCaller(port: number): Offshoot['call'] {
  return async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  };
}

function expectStatus<T>(status: number, answer: { status: number; body: T }): T {
  if (answer.status === status) return answer.body;
  throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}

/** All pages; of a deployment that is over, until the API says that there are no more lines to come. */
async function readWholeLog(call: Offshoot['call'], id: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let after = '';
  const deadline = Date.now() + LOG_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const path = `/logs/${id}?limit=5000${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const { status, body } = await call<{ logs: LogLine[]; next: string | null }>('GET', path);
    if (status === 200) {
      lines.push(...body.logs);
      after = body.next ?? after;
      if (body.next === null) return lines;
      if (
        body.logs.length === 0 &&
        !TERMINAL.has((await call<Deployment>('GET', `/api/deployments/${id}`)).body.status)
      ) {
        return lines;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the log of ${id} had no end within ${LOG_TIMEOUT_MS} ms; ${lines.length} lines`);
}

/** Node resolves no `*.localhost`: connect to loopback and send the host, as design.md says. */
function visit(port: number, url: string, path: string, headers: Record<string, string>): Promise<Page> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, headers: { ...headers, host: new URL(url).host } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
        });
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
