import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitRepository } from './git-repository.ts';
import type { Files } from './git-repository.ts';

/**
 * A real Git server over HTTP (`git http-backend`) on 127.0.0.1, for tests:
 *
 *   const server = await startGitServer();
 *   const { repository, url } = server.createRepository('site', { 'index.html': '<h1>Hello</h1>' });
 *   const commit = repository.commit({ 'index.html': 'two' }, { branch: 'feature/x' });
 *   repository.tag('v1', commit, 'annotated');   // see git-repository.ts for hostile trees and refs
 *   server.requests;                             // what was asked, with the Authorization header it came with
 *   await server.close();
 */
export interface GitServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** A bare repository at `<url>/<name>.git`, with one commit on main when there are files. */
  createRepository(name: string, files?: Files): { repository: GitRepository; url: string; commit: string };
  close(): Promise<void>;
}

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

export interface GitServerOptions {
  /** `user:password` that every request must carry (401 otherwise). */
  readonly credentials?: string;
  /** Answers before Git does; return true when it has (redirects, errors, a server that hangs). */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'offshoot-git-server-'));
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '/', headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    if (options.intercept?.(request, response) === true) return;
    if (isRefused(request, options)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('Unauthorized');
      return;
    }
    const { pathname, search } = new URL(url, 'http://localhost');
    serveGit(request, response, { root, path: decodeURIComponent(pathname), query: search.slice(1) });
  });
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://${options.host ?? '127.0.0.1'}:${port}`;
  return {
    url,
    port,
    requests,
    createRepository(name, files) {
      const directory = join(root, `${name}.git`);
      mkdirSync(directory, { recursive: true });
      const repository = new GitRepository(directory);
      const commit = files === undefined ? '' : repository.commit(files, { message: 'First commit' });
      return { repository, url: `${url}/${name}.git`, commit };
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function isRefused(request: IncomingMessage, { credentials }: GitServerOptions): boolean {
  if (credentials === undefined) return false;
  return request.headers.authorization !== `Basic ${Buffer.from(credentials).toString('base64')}`;
}

export interface GitCall {
  /** The folder that holds bare repositories. */
  readonly root: string;
  /** Below that folder: `/site.git/info/refs`. */
  readonly path: string;
  readonly query: string;
  /** Who asks. Git lets only somebody with a name push. */
  readonly user?: string;
  /** Once Git has done its work, and before the client knows; also when the client is gone. */
  readonly onEnd?: () => void;
}

/** Runs `git http-backend`, a CGI program, for one request. */
export function serveGit(request: IncomingMessage, response: ServerResponse, call: GitCall): void {
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_PROJECT_ROOT: call.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: call.path,
      QUERY_STRING: call.query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(call.user === undefined ? {} : { REMOTE_USER: call.user }),
    },
  });
  child.on('error', () => response.destroy());
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) call.onEnd?.();
    hasEnded = true;
  };
  child.on('close', end);
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  response.on('close', () => child.kill());
  pipeCgi(child.stdout, response, end);
}

/** Header lines up to an empty line, then the body. */
function pipeCgi(output: NodeJS.ReadableStream, response: ServerResponse, beforeEnd: () => void): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    output.off('data', onData);
    const headers = head
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2) as [string, string]);
    const status = Number(headers.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
    output.pipe(response, { end: false });
  };
  output.on('data', onData);
  output.on('end', () => {
    beforeEnd();
    response.end();
  });
}
