import { chmod, mkdir, mkdtemp, readlink, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isReachable, preparePostgresPlace } from './postgres-place.ts';

const isRoot = process.getuid?.() === 0;

let root: string;
let data: string;
const outsides: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'offshoot-place-'));
  data = path.join(root, 'data');
  await mkdir(data);
});
afterEach(async () => {
  for (const folder of [root, ...outsides]) await rm(folder, { recursive: true, force: true });
});

describe('whether others can enter a folder', () => {
  test.each([
    { above: 0o755, own: 0o755, reachable: true },
    { above: 0o711, own: 0o711, reachable: true },
    { above: 0o700, own: 0o755, reachable: false },
    { above: 0o755, own: 0o700, reachable: false },
    { above: 0o750, own: 0o755, reachable: false },
  ])('%j', async ({ above, own, reachable }) => {
    await chmod(root, above);
    await chmod(data, own);
    expect(await isReachable(data)).toBe(reachable);
  });
});

describe.runIf(isRoot)("root's PostgreSQL", () => {
  test('stands in the data folder when its account can enter that, and belongs to it', async () => {
    for (const folder of [root, data]) await chmod(folder, 0o711);
    const place = await preparePostgresPlace(data);
    expect(place.folder).toBe(path.join(data, 'postgres'));
    expect(place.user?.uid).toBeGreaterThan(0);
    expect(await stat(place.folder)).toMatchObject({ uid: place.user?.uid, gid: place.user?.gid });
    expect((await stat(place.folder)).mode & 0o777).toBe(0o700);
  });

  test('stands outside when others can not enter the data folder, which remembers where', async () => {
    const place = await preparePostgresPlace(data);
    outsides.push(place.folder);
    expect(await isReachable(path.dirname(place.folder))).toBe(true);
    expect(await readlink(path.join(data, 'postgres'))).toBe(place.folder);
    expect((await preparePostgresPlace(data)).folder).toBe(place.folder);
  });

  test('is found again after the data folder has moved', async () => {
    const { folder } = await preparePostgresPlace(data);
    outsides.push(folder);
    await rename(data, path.join(root, 'moved'));
    expect((await preparePostgresPlace(path.join(root, 'moved'))).folder).toBe(folder);
  });

  test('gets a new place when somebody removed the one outside', async () => {
    const { folder } = await preparePostgresPlace(data);
    await rm(folder, { recursive: true });
    const again = await preparePostgresPlace(data);
    outsides.push(again.folder);
    expect(again.folder).not.toBe(folder);
  });

  test('says what to do when its data can not be entered any more', async () => {
    for (const folder of [root, data]) await chmod(folder, 0o711);
    await preparePostgresPlace(data);
    await chmod(root, 0o700);
    await expect(preparePostgresPlace(data)).rejects.toThrow(
      /^PostgreSQL, which runs as \w+, can't enter .*data: allow others to pass \(chmod o\+x on it/,
    );
  });
});
