import { beforeEach, describe, expect, it } from 'vitest';
import { formatManifest, type Manifest } from '../../../contracts/manifest.ts';
import { manifestKey } from '../../../contracts/storage-keys.ts';
import { StorageError } from '../../../storage/blob-store.ts';
import { createOutputs } from './outputs.ts';

const PROJECT = 'p'.repeat(20);
/** What storage holds, and how often each object was read. */
const objects = new Map<string, string>();
const reads = new Map<string, number>();
const storage = {
  read: async (key: string) => {
    reads.set(key, (reads.get(key) ?? 0) + 1);
    const text = objects.get(key);
    return text === undefined ? undefined : { body: Buffer.from(text), etag: '' };
  },
};
beforeEach(() => {
  objects.clear();
  reads.clear();
});

/** An output of so many files, each of its number's size. */
function store(name: string, count: number): { projectId: string; manifest: string } {
  const files: Manifest['files'] = {};
  for (let number = 1; number <= count; number += 1) {
    const sha256 = `${name}${number}`.padEnd(64, '0');
    files[`assets/${name}/${number}.js`] = {
      sha256,
      sizeBytes: number,
      contentType: 'text/javascript',
      variants: {},
    };
  }
  const manifest = name.padEnd(64, '0');
  objects.set(manifestKey(PROJECT, manifest), formatManifest({ version: 1, files }));
  return { projectId: PROJECT, manifest };
}

describe('outputs', () => {
  it('are read once, however many ask at once and afterwards', async () => {
    const [one, two] = [store('a', 10), store('b', 20)];
    const outputs = createOutputs(storage);
    const ask = () => outputs.summarize(two, one.manifest);
    const [first] = await Promise.all([ask(), ask(), outputs.files(one)]);
    expect(await ask()).toEqual(first);
    expect(first.diff).toMatchObject({ added: 20, removed: 10, changed: 0, deltaBytes: 210 - 55 });
    expect(first.diff?.changes.map(({ path }) => path).slice(0, 2)).toEqual([
      'assets/b/20.js',
      'assets/b/19.js',
    ]);
    expect(first.largest.map(({ sizeBytes }) => sizeBytes)).toEqual([20, 19, 18, 17, 16]);
    expect([...reads.values()]).toEqual([1, 1]);
  });

  it('say no more than fits on a page, and stay in bounded memory, however many are looked at', async () => {
    const outputs = createOutputs(storage);
    const all = Array.from({ length: 12 }, (_, index) => store(`e${index.toString(16)}`, 20_000));
    for (const [index, output] of all.entries()) {
      const { largest, diff } = await outputs.summarize(output, all[index - 1]?.manifest ?? null);
      expect(JSON.stringify({ largest, diff }).length).toBeLessThan(3000);
    }
    // The last ones are still known, the first ones had to go.
    reads.clear();
    await outputs.files(all[11]!);
    expect(reads.size).toBe(0);
    await outputs.files(all[0]!);
    expect(reads.size).toBe(1);
    // What was worked out is known without them.
    reads.clear();
    await outputs.summarize(all[5]!, all[4]!.manifest);
    expect(reads.size).toBe(0);
  });

  it.each([
    ['is missing', undefined],
    ['is cut off', '{"version":1,"files":{'],
    ['is something else', '{"version":9}'],
  ])('that storage can not give (%s) fail as storage does, and are asked for again', async (_name, text) => {
    const outputs = createOutputs(storage);
    const output = { projectId: PROJECT, manifest: 'c'.padEnd(64, '0') };
    if (text !== undefined) objects.set(manifestKey(PROJECT, output.manifest), text);
    await expect(outputs.files(output)).rejects.toThrow(StorageError);
    store('c', 1);
    expect(Object.keys(await outputs.files(output))).toEqual(['assets/c/1.js']);
  });
});
