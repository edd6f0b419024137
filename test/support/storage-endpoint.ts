import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { FilesystemStore } from '../../storage/filesystem.ts';
import { verifySignedPut } from '../../storage/signed-url.ts';

const STATUS = { written: 200, exists: 412, mismatch: 400 } as const;

/** The least that answers a folder store's presigned PUTs, so that the store's contract runs without the app. */
export function createStorageEndpoint(store: () => FilesystemStore, secret: Uint8Array): Server {
  return createServer((request, response) => {
    const headers = request.headers as Record<string, string | undefined>;
    const put = verifySignedPut(request.url ?? '', headers, Date.now(), secret);
    if (!put.ok) return void response.writeHead(put.status).end(put.message);
    store()
      .receive(put.key, request, put)
      .then((result) => response.writeHead(STATUS[result]).end())
      .catch(() => response.writeHead(500).end());
  });
}
