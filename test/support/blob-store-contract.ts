import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore, PutAnnouncement } from '../../storage/blob-store.ts';

export interface StoreUnderTest {
  readonly store: BlobStore;
  /** Where presigned URLs without a host lead. */
  readonly origin: string;
  stop(): Promise<void>;
}

/**
 * What every BlobStore promises. Call it in a test file of the implementation:
 * `describeBlobStore('folder', async () => ({ store, stop }))`. The store starts empty.
 */
export function describeBlobStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`the blob store contract: ${name}`, () => {
    let under: StoreUnderTest;
    let store: BlobStore;
    beforeAll(async () => {
      under = await start();
      ({ store } = under);
    });
    afterAll(() => under.stop());

    describeReading(() => store);
    describeWriting(() => store);
    describeListing(() => store);
    describePresigning(
      () => store,
      () => under.origin,
    );
  });
}

const text = { contentType: 'text/plain' };

function describeReading(store: () => BlobStore): void {
  it('gives back the bytes that were written, with one etag', async () => {
    const body = randomBytes(300_000);
    const written = await store().write('reading/whole', body, text);
    const found = await store().read('reading/whole');
    expect(found?.body.equals(body)).toBe(true);
    expect(written).toEqual({ written: true, etag: found?.etag });
    expect(await store().sizeOf('reading/whole')).toBe(300_000);
  });

  it.each(['reading/nothing', 'reading/whole/below', 'reading', 'nowhere/at/all'])(
    'finds nothing at %s',
    async (key) => {
      await store().write('reading/whole', Buffer.from('x'), text);
      expect(await store().read(key)).toBeUndefined();
      expect(await store().open(key)).toBeUndefined();
      expect(await store().sizeOf(key)).toBeUndefined();
    },
  );

  it('streams an object, and a range of it with both ends included', async () => {
    await store().write('reading/digits', Buffer.from('0123456789'), text);
    await expectPart(store(), undefined, '0123456789');
    await expectPart(store(), { start: 0, end: 0 }, '0');
    await expectPart(store(), { start: 3, end: 5 }, '345');
    await expectPart(store(), { start: 8, end: 100 }, '89');
  });

  it('streams an empty object', async () => {
    await store().write('reading/empty', Buffer.alloc(0), text);
    const found = await store().open('reading/empty');
    expect(found?.sizeBytes).toBe(0);
    expect(found && (await buffer(found.body))).toHaveLength(0);
  });

  it('lets a reader go away in the middle', async () => {
    await store().write('reading/big', Buffer.alloc(2_000_000), text);
    for (let round = 0; round < 60; round += 1) {
      const found = await store().open('reading/big');
      found?.body.on('error', () => undefined);
      found?.body.destroy();
    }
    expect((await store().read('reading/big'))?.body.length).toBe(2_000_000);
  });
}

async function expectPart(
  store: BlobStore,
  range: { start: number; end: number } | undefined,
  expected: string,
) {
  const found = await store.open('reading/digits', range);
  expect(found?.sizeBytes).toBe(expected.length);
  expect(found && (await buffer(found.body)).toString()).toBe(expected);
}

function describeWriting(store: () => BlobStore): void {
  it('replaces without a condition', async () => {
    await store().write('writing/a', Buffer.from('one'), text);
    await store().write('writing/a', Buffer.from('two'), text);
    expect((await store().read('writing/a'))?.body.toString()).toBe('two');
  });

  it('creates only where nothing is', async () => {
    const first = await store().write('writing/new', Buffer.from('one'), { ...text, condition: 'create' });
    const second = await store().write('writing/new', Buffer.from('two'), { ...text, condition: 'create' });
    expect([first.written, second.written]).toEqual([true, false]);
    expect((await store().read('writing/new'))?.body.toString()).toBe('one');
  });

  it('replaces only the version that was named', async () => {
    const one = await store().write('writing/versions', Buffer.from('one'), text);
    const ifMatch = one.written ? one.etag : '';
    const condition = { ifMatch };
    expect(
      (await store().write('writing/versions', Buffer.from('two'), { ...text, condition })).written,
    ).toBe(true);
    expect((await store().write('writing/versions', Buffer.from('3'), { ...text, condition })).written).toBe(
      false,
    );
    expect((await store().write('writing/absent', Buffer.from('3'), { ...text, condition })).written).toBe(
      false,
    );
    expect((await store().read('writing/versions'))?.body.toString()).toBe('two');
  });

  it('lets one of many creators win', async () => {
    const bodies = Array.from({ length: 24 }, (_, index) => Buffer.from(`creator ${index}`));
    const results = await Promise.all(
      bodies.map((body) => store().write('writing/race', body, { ...text, condition: 'create' })),
    );
    const winners = results.flatMap((result, index) => (result.written ? [index] : []));
    expect(winners).toHaveLength(1);
    expect((await store().read('writing/race'))?.body.toString()).toBe(`creator ${winners[0]}`);
  });

  it('lets one of many replacers of a version win', async () => {
    const start = await store().write('writing/race-2', Buffer.from('start'), text);
    const condition = { ifMatch: start.written ? start.etag : '' };
    const bodies = Array.from({ length: 24 }, (_, index) => Buffer.from(`replacer ${index}`));
    const results = await Promise.all(
      bodies.map((body) => store().write('writing/race-2', body, { ...text, condition })),
    );
    expect(results.filter((result) => result.written)).toHaveLength(1);
  });

  it('shows readers the old or the new object, never a part', async () => {
    const bodies = ['a', 'b'].map((letter) => Buffer.from(letter.repeat(200_000)));
    await store().write('writing/atomic', bodies[0] ?? Buffer.alloc(0), text);
    const writes = Promise.all(
      bodies.flatMap((body) => [body, body, body]).map((body) => store().write('writing/atomic', body, text)),
    );
    for (let round = 0; round < 30; round += 1) {
      const body = (await store().read('writing/atomic'))?.body;
      expect(bodies.some((each) => body?.equals(each))).toBe(true);
    }
    await writes;
  });
}

function describeListing(store: () => BlobStore): void {
  it('lists what starts with a prefix, also in the middle of a name, with sizes and times', async () => {
    for (const key of ['list/a/1', 'list/a/2.json', 'list/ab/3', 'list/b']) {
      await store().write(key, Buffer.from(key), text);
    }
    expect(await keysOf(store(), 'list/a/')).toEqual(['list/a/1', 'list/a/2.json']);
    expect(await keysOf(store(), 'list/a')).toEqual(['list/a/1', 'list/a/2.json', 'list/ab/3']);
    expect(await keysOf(store(), 'list/nothing/')).toEqual([]);
    expect(await keysOf(store(), '')).toContain('list/b');
    const [first] = await Array.fromAsync(store().list('list/b'));
    expect(first).toMatchObject({ key: 'list/b', sizeBytes: 6 });
    expect(Math.abs((first?.modifiedAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('removes what is named and nothing else; missing keys are no error', async () => {
    for (const key of ['gone/a/1', 'gone/a/2']) await store().write(key, Buffer.from(key), text);
    await store().remove(['gone/a/1', 'gone/a/1', 'gone/never']);
    expect(await keysOf(store(), 'gone/')).toEqual(['gone/a/2']);
  });

  it('takes writes into a folder that is being emptied', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `busy/folder/${index}`);
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        keys.map((key) =>
          store()
            .write(key, Buffer.from('x'), text)
            .then(() => store().remove([key])),
        ),
      );
    }
    expect(await keysOf(store(), 'busy/')).toEqual([]);
  });
}

async function keysOf(store: BlobStore, prefix: string): Promise<string[]> {
  const listed = await Array.fromAsync(store.list(prefix));
  return listed.map(({ key }) => key).toSorted();
}

function describePresigning(store: () => BlobStore, origin: () => string): void {
  const body = Buffer.from('exactly these bytes');
  const put = (key: string): PutAnnouncement => ({
    key,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    sizeBytes: body.length,
    contentType: 'application/octet-stream',
    expiresInMs: 60_000,
  });
  const send = async (key: string, bytes: Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) => {
    const { url, headers } = await store().presignPut(put(key));
    return (
      await fetch(new URL(url, origin()), { method: 'PUT', body: bytes, headers: { ...headers, ...more } })
    ).status;
  };

  it('takes a presigned PUT once: the second answers 412', async () => {
    expect(await send('put/once', body)).toBe(200);
    expect(await send('put/once', body)).toBe(412);
    expect((await store().read('put/once'))?.body.equals(body)).toBe(true);
  });

  it('refuses other bytes of the same size', async () => {
    expect(await send('put/other', Buffer.from('exactly those bytes'))).toBe(400);
    expect(await store().read('put/other')).toBeUndefined();
  });

  it('refuses another type', async () => {
    expect(await send('put/type', body, { 'content-type': 'text/html' })).toBe(403);
    expect(await store().read('put/type')).toBeUndefined();
  });

  it('refuses a URL that was signed for another key', async () => {
    const { url, headers } = await store().presignPut(put('put/signed'));
    const moved = url.replace('put/signed', 'put/moved');
    expect((await fetch(new URL(moved, origin()), { method: 'PUT', body, headers })).status).toBe(403);
    expect(await store().read('put/moved')).toBeUndefined();
  });
}
