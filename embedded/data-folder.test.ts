import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explain, keepSecret, openDataFolder } from './data-folder.ts';
import { StartError } from './start-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-data-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a secret', () => {
  test('is made once and then kept, readable by its owner only', async () => {
    const file = path.join(folder, 'token');
    expect(await keepSecret(file, () => 'first')).toBe('first');
    expect(await keepSecret(file, () => 'second')).toBe('first');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe('first\n');
  });

  test('that a crash left empty or half is made anew', async () => {
    const file = path.join(folder, 'token');
    await writeFile(file, '');
    await writeFile(`${file}.new`, 'half');
    await chmod(`${file}.new`, 0o644);
    expect(await keepSecret(file, () => 'whole')).toBe('whole');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

test('a new data folder can be looked into by nobody else', async () => {
  const { release } = await openDataFolder(path.join(folder, 'a', 'b'), true);
  // As root, databases and builds run under other accounts and must be able to pass.
  expect((await stat(path.join(folder, 'a', 'b'))).mode & 0o777).toBe(
    process.getuid?.() === 0 ? 0o711 : 0o700,
  );
  await release();
});

test.skipIf(process.platform !== 'linux')('a place where no folder can be made is told', async () => {
  await expect(openDataFolder('/proc/offshoot', true)).rejects.toThrow(
    "Offshoot can't write to /proc/offshoot",
  );
});

describe('what the file system says is told in a sentence', () => {
  test.each([
    { code: 'EACCES', sentence: /^Offshoot can't write to \/data\/token \(EACCES\): change its owner/ },
    { code: 'EROFS', sentence: /^Offshoot can't write to \/data\/token \(EROFS\)/ },
    { code: 'ENOSPC', sentence: /^The disk that holds \/data is full/ },
    { code: 'EDQUOT', sentence: /^The disk that holds \/data is full/ },
    { code: 'ENOTDIR', sentence: /^\/data\/token is not a folder/ },
  ])('$code', ({ code, sentence }) => {
    const explained = explain(Object.assign(new Error(code), { code, path: '/data/token' }), '/data');
    expect(explained).toBeInstanceOf(StartError);
    expect((explained as StartError).message).toMatch(sentence);
  });

  test('but a bug stays a bug', () => {
    const bug = new TypeError('x is undefined');
    expect(explain(bug, '/data')).toBe(bug);
  });
});
