import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  BUILDER_PATHS,
  type Complete,
  type Heartbeat,
  NONCE_HEADER,
  type UploadObject,
  blobsRequestSchema,
  claimSchema,
  completeSchema,
  heartbeatSchema,
  uploadsRequestSchema,
} from '../../contracts/build-report.ts';
import type { BuildSpec, SourceBuildSpec } from '../../contracts/build-spec.ts';
import { type LogLine, logBatchSchema } from '../../contracts/log-line.ts';
import type { Variants } from '../../contracts/manifest.ts';

/** What a test may do to the app's answers. */
interface Misbehaviour {
  /** Answers every request with this status. */
  status?: number | undefined;
  /** Cuts every connection without an answer. */
  isSilent?: boolean;
  /** Answers this status to every PUT. */
  putStatus?: number;
  /** Answers this status to the first PUT of each object. */
  firstPutStatus?: number;
  /** Takes this long for each log batch. */
  logDelayMs?: number;
  /** Knows at once that the attempt has ended, and answers heartbeats so, but the report only after this time. */
  completeDelayMs?: number;
  cancel?: boolean;
}

/** The app's side of the builder protocol, across a real socket, with stores in memory. */
export interface BuilderApp {
  readonly url: string;
  readonly token: string;
  readonly misbehaviour: Misbehaviour;
  readonly lines: LogLine[];
  readonly heartbeats: Heartbeat[];
  readonly completed: Complete[];
  /** By `<sha256>` or `<sha256>.<coding>`. */
  readonly objects: Map<string, Buffer>;
  /** How many PUTs were answered, by status. */
  readonly puts: Map<number, number>;
  readonly batches: { lines: number; bytes: number; at: number }[];
  /** Paths of all requests, in order. */
  readonly requests: string[];
  text(): string;
  close(): Promise<void>;
}

export const TEST_LIMITS: SourceBuildSpec['limits'] = {
  checkoutTimeoutMs: 20_000,
  installTimeoutMs: 20_000,
  buildTimeoutMs: 20_000,
  publishTimeoutMs: 20_000,
  repositoryBytes: 1e9,
  memoryBytes: 1e9,
  processes: 200,
  diskBytes: 1e9,
  outputFiles: 20_000,
  outputFileBytes: 100e6,
  outputBytes: 2e9,
  logBytes: 16e6,
};

export function testSpec(changes: Partial<SourceBuildSpec> = {}): SourceBuildSpec {
  return {
    version: 1,
    deploymentId: 'd'.repeat(20),
    attempt: 1,
    projectId: 'p'.repeat(20),
    projectSlug: 'site',
    source: { url: 'file:///nowhere', commit: 'a'.repeat(40), ref: 'main', allowLocal: true },
    settings: {},
    environment: { CI: 'true' },
    secrets: [],
    cacheWritable: true,
    limits: TEST_LIMITS,
    heartbeatMs: 200,
    leaseMs: 2000,
    ...changes,
  };
}

export async function startBuilderApp(spec: BuildSpec): Promise<BuilderApp> {
  const token = 'test-token-0123456789';
  const state = {
    misbehaviour: {} as Misbehaviour,
    lines: [] as LogLine[],
    heartbeats: [] as Heartbeat[],
    completed: [] as Complete[],
    objects: new Map<string, Buffer>(),
    puts: new Map<number, number>(),
    batches: [] as BuilderApp['batches'],
    requests: [] as string[],
  };
  const announced = new Map<string, UploadObject & { tries: number }>();
  let nonce: string | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void handle(request, response));
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  const url = await listen(server);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', url).pathname;
    state.requests.push(path);
    if (state.misbehaviour.isSilent === true) return void request.socket.destroy();
    const body = await readBody(request);
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    try {
      if (request.method === 'PUT') return answer(put(path, body), {});
      if (state.misbehaviour.status !== undefined)
        return answer(state.misbehaviour.status, { detail: 'so says the test' });
      if (request.headers.authorization !== `Bearer ${token}`) return answer(401, {});
      const value = JSON.parse(body.toString()) as unknown;
      if (path !== BUILDER_PATHS.claim && request.headers[NONCE_HEADER] !== nonce) return answer(401, {});
      return await respond(path, value, body.length, answer);
    } catch (error) {
      answer(400, { detail: String(error) });
    }
  };

  const put = (path: string, body: Buffer): number => {
    const key = path.slice('/put/'.length);
    const status = statusOfPut(key, body);
    state.puts.set(status, (state.puts.get(status) ?? 0) + 1);
    if (status === 200) state.objects.set(key, body);
    return status;
  };
  const statusOfPut = (key: string, body: Buffer): number => {
    const object = announced.get(key);
    const first = state.misbehaviour.firstPutStatus;
    if (object === undefined) return 403;
    if (state.misbehaviour.putStatus !== undefined) return state.misbehaviour.putStatus;
    if (first !== undefined && object.tries++ === 0) return first;
    if (state.objects.has(key)) return 412;
    const isSame = createHash('sha256').update(body).digest('hex') === object.bodySha256;
    return isSame && body.length === object.sizeBytes ? 200 : 400;
  };

  const respond = async (
    path: string,
    value: unknown,
    bodyBytes: number,
    answer: (status: number, value: unknown) => void,
  ): Promise<void> => {
    switch (path) {
      case BUILDER_PATHS.claim: {
        const claim = claimSchema.parse(value);
        nonce ??= claim.nonce;
        return nonce === claim.nonce ? answer(200, spec) : answer(409, { detail: 'claimed already' });
      }
      case BUILDER_PATHS.heartbeat:
        state.heartbeats.push(heartbeatSchema.parse(value));
        if (state.misbehaviour.completeDelayMs !== undefined && state.completed.length > 0)
          return answer(410, { detail: 'it is over' });
        return answer(200, { cancel: state.misbehaviour.cancel ?? false });
      case BUILDER_PATHS.logs: {
        const { lines } = logBatchSchema.parse(value);
        if (state.misbehaviour.logDelayMs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, state.misbehaviour.logDelayMs));
        state.batches.push({ lines: lines.length, bytes: bodyBytes, at: performance.now() });
        for (const line of lines) state.lines.push(line);
        return answer(200, { accepted: lines.length });
      }
      case BUILDER_PATHS.blobs: {
        const { blobs } = blobsRequestSchema.parse(value);
        const stored = blobs.filter(({ sha256 }) => state.objects.has(sha256));
        return answer(200, {
          stored: stored.map(({ sha256 }) => ({ sha256, variants: variantsOf(sha256, state.objects) })),
        });
      }
      case BUILDER_PATHS.uploads: {
        const { objects } = uploadsRequestSchema.parse(value);
        for (const object of objects) announced.set(keyOf(object), { ...object, tries: 0 });
        const puts = objects.map((object) => ({
          url: `${url}/put/${keyOf(object)}`,
          headers: { 'x-test': 'yes' },
        }));
        return answer(200, { puts });
      }
      case BUILDER_PATHS.complete:
        state.completed.push(completeSchema.parse(value));
        if (state.misbehaviour.completeDelayMs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, state.misbehaviour.completeDelayMs));
        return answer(200, { accepted: true });
      default:
        return answer(404, { detail: `no such path: ${path}` });
    }
  };

  return {
    ...state,
    url,
    token,
    text: () => state.lines.map((line) => `${line.stream}: ${line.text}`).join('\n'),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keyOf({ sha256, coding }: Pick<UploadObject, 'sha256' | 'coding'>): string {
  return coding === null ? sha256 : `${sha256}.${coding}`;
}

function variantsOf(sha256: string, objects: ReadonlyMap<string, Buffer>): Variants {
  const sizes = (['br', 'zstd', 'gzip'] as const).map((coding) => [
    coding,
    objects.get(`${sha256}.${coding}`)?.length,
  ]);
  return Object.fromEntries(sizes.filter(([, size]) => size !== undefined)) as Variants;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
