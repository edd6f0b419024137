import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobKey } from '../../../contracts/storage-keys.ts';
import { type BuilderRoom, openBuilderRoom, randomId, sha256Of } from '../../../test/support/builder-room.ts';

let room: BuilderRoom;
beforeAll(async () => {
  room = await openBuilderRoom();
});
afterAll(() => room.dispose());

const EXPIRES_IN_MS = 60_000;

interface Put {
  readonly key: string;
  readonly body: Buffer;
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function presign(body = Buffer.from(randomId())): Promise<Put> {
  const bodySha256 = sha256Of(body);
  const key = blobKey(room.project.id, bodySha256);
  const contentType = 'application/octet-stream';
  const announcement = { key, bodySha256, sizeBytes: body.length, contentType, expiresInMs: EXPIRES_IN_MS };
  const { url, headers } = await room.storage.presignPut(announcement);
  return { key, body, url: room.origin + url, headers };
}

/** Not fetch, which corrects the headers that these tests get wrong. */
async function put(url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  const outgoing = request(url, { method: 'PUT', headers, agent: false });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [{ statusCode?: number; resume(): void }];
  incoming.resume();
  return incoming.statusCode ?? 0;
}

function forge(url: string): string {
  return url.replace(/signature=(.)/, (_, digit: string) => `signature=${digit === '0' ? '1' : '0'}`);
}

const read = async (key: string) => (await room.storage.read(key))?.body;

describe('a presigned PUT to the folder store', () => {
  test('stores exactly the announced bytes, once', async () => {
    const { key, body, url, headers } = await presign();
    expect(await put(url, headers, body)).toBe(200);
    expect(await read(key)).toEqual(body);
    expect(await put(url, headers, body)).toBe(412);
  });

  test('takes an empty blob, and one that does not fit into one piece', async () => {
    for (const one of [Buffer.alloc(0), Buffer.alloc(5_000_000, randomId())]) {
      const { key, body, url, headers } = await presign(one);
      expect(await put(url, headers, body)).toBe(200);
      expect((await read(key))?.equals(body)).toBe(true);
    }
  });

  test('refuses other bytes of the same length with 400, and the right ones may still come', async () => {
    const { key, body, url, headers } = await presign();
    expect(await put(url, headers, Buffer.alloc(body.length, 'x'))).toBe(400);
    expect(await read(key)).toBeUndefined();
    expect(await put(url, headers, body)).toBe(200);
  });

  const wrong: [string, (one: Put) => Promise<number>][] = [
    [
      'another length',
      ({ url, headers, body }) => put(url, { ...headers, 'content-length': '1' }, body.subarray(0, 1)),
    ],
    ['another type', ({ url, headers, body }) => put(url, { ...headers, 'content-type': 'text/html' }, body)],
    ['another key', ({ url, headers, body }) => put(url.replace('/blobs/', '/other/'), headers, body)],
    [
      'a key that leaves the folder',
      ({ url, headers, body }) => put(url.replace('/blobs/', '/..%2f..%2f/'), headers, body),
    ],
    ['another signature', ({ url, headers, body }) => put(forge(url), headers, body)],
    ['no signature', ({ url, headers, body }) => put(url.replace(/&signature=.*/, ''), headers, body)],
    ['a longer life', ({ url, headers, body }) => put(url.replace('expires=', 'expires=9'), headers, body)],
  ];
  test.each(wrong)('with %s is refused with 403 and stores nothing', async (_, send) => {
    const one = await presign();
    expect(await send(one)).toBe(403);
    expect(await read(one.key)).toBeUndefined();
  });

  test('has an end', async () => {
    const { url, headers, body } = await presign();
    room.clock.now += EXPIRES_IN_MS + 1;
    expect(await put(url, headers, body)).toBe(403);
  });

  test('of many at once for one key, one stores and all others hear 412', async () => {
    const { url, headers, body } = await presign();
    const answers = await Promise.all(Array.from({ length: 12 }, () => put(url, headers, body)));
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 412)).toHaveLength(11);
  });

  test('that breaks off stores nothing, and may be sent again', async () => {
    const { key, body, url, headers } = await presign(Buffer.alloc(100_000, randomId()));
    const outgoing = request(url, { method: 'PUT', headers, agent: false });
    outgoing.on('error', () => {});
    outgoing.write(body.subarray(0, 50_000));
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    outgoing.destroy();
    expect(await put(url, headers, body)).toBe(200);
    expect(await read(key)).toEqual(body);
  });

  test('can only be a PUT', async () => {
    const { url } = await presign();
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await fetch(url, { method });
      expect(answer.status).not.toBe(200);
      await answer.body?.cancel();
    }
  });
});

test('an upload that broke off is no internal error', () => {
  expect(room.errors).toEqual([]);
});
