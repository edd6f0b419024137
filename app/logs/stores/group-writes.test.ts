import { describe, expect, it } from 'vitest';
import { groupWrites } from './group-writes.ts';

const BOUNDS = { maxItems: 5, maxBytes: 100, maxWaitingBytes: 150 };

/** Writes that end when the test says so. */
function createWrites() {
  const writes: { items: number[]; end: (error?: Error) => void }[] = [];
  const write = (items: number[]) =>
    new Promise<void>((resolve, reject) => {
      writes.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { writes, append: groupWrites(write, BOUNDS, () => new Error('full')) };
}

const turn = () => new Promise(setImmediate);

describe('grouping writes', () => {
  it('writes the first batch at once and those that come meanwhile together', async () => {
    const { writes, append } = createWrites();
    const first = append([1], 10);
    const others = [append([2], 10), append([3, 4], 10)];
    expect(writes.map(({ items }) => items)).toEqual([[1]]);
    writes[0]?.end();
    await first;
    await turn();
    expect(writes[1]?.items).toEqual([2, 3, 4]);
    writes[1]?.end();
    await Promise.all(others);
  });

  it('bounds one write by items and by bytes, but never splits a batch', async () => {
    const { writes, append } = createWrites();
    const all = [
      append([0], 1),
      append([1, 2, 3], 1),
      append([4, 5, 6], 1),
      append([7, 8, 9, 10, 11, 12], 99),
      append([13], 2),
    ];
    for (let index = 0; index < 5; index++) {
      writes[index]?.end();
      await turn();
    }
    await Promise.all(all);
    expect(writes.map(({ items }) => items)).toEqual([
      [0],
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9, 10, 11, 12],
      [13],
    ]);
  });

  it('fails the batches of a failed write and goes on with the next', async () => {
    const { writes, append } = createWrites();
    const [first, second] = [append([1], 1), append([2], 1)];
    writes[0]?.end(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await turn();
    writes[1]?.end();
    await expect(second).resolves.toBeUndefined();
  });

  it('refuses what would make too much wait, and takes it later', async () => {
    const { writes, append } = createWrites();
    const first = append([1], 1);
    const second = append([2], 100);
    await expect(append([3], 60)).rejects.toThrow('full');
    writes[0]?.end();
    await first;
    await turn();
    const third = append([3], 60);
    writes[1]?.end();
    await second;
    await turn();
    writes[2]?.end();
    await third;
  });
});
