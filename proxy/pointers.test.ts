import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../storage/blob-store.ts';
import { createSiteStore, makeId, type SiteStore } from '../test/support/site-store.ts';
import { FRESH_MS, PATIENCE_MS, Pointers } from './pointers.ts';

let sites: SiteStore;
const projectId = makeId();
const first = { state: 'waiting', deploymentId: makeId() } as const;
const second = { state: 'waiting', deploymentId: makeId() } as const;

beforeAll(async () => {
  sites = await createSiteStore();
});
afterAll(() => sites.remove());

let now = 0;
let reads = 0;
let fault: (() => Promise<never>) | undefined;
/** The real store behind a door that counts, and breaks when it is told to. */
const store = {
  read: (key: string) => {
    reads += 1;
    return fault === undefined ? sites.store.read(key) : fault();
  },
};
beforeEach(async () => {
  [now, reads, fault] = [1_000_000, 0, undefined];
  await sites.point('demo', projectId, first);
});
const fail = () => Promise.reject(new StorageError('down'));
const targetOf = async (pointers: Pointers) => (await pointers.get('demo'))?.target;

describe('a pointer', () => {
  it('is taken as it is for a second, then asked for again', async () => {
    const pointers = new Pointers(store, () => now);
    expect(await targetOf(pointers)).toEqual(first);
    await sites.point('demo', projectId, second);
    now += FRESH_MS - 1;
    expect(await targetOf(pointers)).toEqual(first);
    expect(reads).toBe(1);
    now += 1;
    expect(await targetOf(pointers)).toEqual(second);
    expect(reads).toBe(2);
  });

  it('is here without waiting while it is fresh', async () => {
    const pointers = new Pointers(store, () => now);
    await pointers.get('demo');
    expect(pointers.get('demo')).not.toBeInstanceOf(Promise);
  });

  it('is asked for once by all who wait for it', async () => {
    const pointers = new Pointers(store, () => now);
    await Promise.all(Array.from({ length: 100 }, () => targetOf(pointers)));
    now += FRESH_MS;
    await Promise.all(Array.from({ length: 100 }, () => targetOf(pointers)));
    expect(reads).toBe(2);
  });

  it('that was last known stands while storage fails, which is asked once a second', async () => {
    const pointers = new Pointers(store, () => now);
    await pointers.get('demo');
    fault = fail;
    now += FRESH_MS;
    expect(await targetOf(pointers)).toEqual(first);
    expect(await targetOf(pointers)).toEqual(first);
    expect(reads).toBe(2);
    [now, fault] = [now + FRESH_MS, undefined];
    await sites.point('demo', projectId, second);
    expect(await targetOf(pointers)).toEqual(second);
  });

  it('that was last known stands when storage hangs, and only the first visitor waits for that', async () => {
    const pointers = new Pointers(store, () => now);
    await pointers.get('demo');
    fault = () => new Promise<never>(() => undefined);
    now += FRESH_MS;
    const start = performance.now();
    expect(await targetOf(pointers)).toEqual(first);
    expect(performance.now() - start).toBeGreaterThan(PATIENCE_MS - 50);
    expect(pointers.get('demo')).not.toBeInstanceOf(Promise);
  });

  it('that is not known and can’t be read is an error, and is asked for again', async () => {
    const pointers = new Pointers(store, () => now);
    fault = fail;
    await expect(pointers.get('demo')).rejects.toThrow(StorageError);
    fault = undefined;
    expect(await targetOf(pointers)).toEqual(first);
  });

  it('of an unknown host is null, and remembered for a second as well', async () => {
    const pointers = new Pointers(store, () => now);
    expect(await pointers.get('nobody')).toBeNull();
    expect(await pointers.get('nobody')).toBeNull();
    expect(reads).toBe(1);
  });

  it('that is broken in storage is an error, and the last good one stands', async () => {
    const pointers = new Pointers(store, () => now);
    await pointers.get('demo');
    await sites.store.write('aliases/demo.json', Buffer.from('{"half'), { contentType: 'application/json' });
    now += FRESH_MS;
    expect(await targetOf(pointers)).toEqual(first);
    await expect(new Pointers(store, () => now).get('demo')).rejects.toThrow(StorageError);
  });
});
