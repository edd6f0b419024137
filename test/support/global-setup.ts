import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { openTestServers, type TestServers } from './test-servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers `GET /postgres` and `GET /clickhouse` with the URL of that server, which it starts when first asked. */
    testServersUrl: string;
  }
}

/** Runs once before all tests of a run: offers what they share, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await openTestServers();
  const desk = createServer((request, response) => void answer(servers, request, response));
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  project.provide('testServersUrl', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`);
  return async () => {
    desk.closeAllConnections();
    desk.close();
    await servers.stop();
  };
}

async function answer(servers: TestServers, request: IncomingMessage, response: ServerResponse) {
  try {
    const url = request.url === '/postgres' ? await servers.postgresUrl() : await servers.clickHouseUrl();
    response.end(url);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}
