import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configPathOf, detectBuild } from './detect-build.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-base-'));
  await writeFile(join(folder, 'offshoot.json'), '{"build": "theirs", "install": ""}');
  await writeFile(join(folder, 'package.json'), '{"scripts": {"build": "x"}}');
});
afterEach(() => rm(folder, { recursive: true }));

describe('of a fork’s commit', () => {
  test.each([
    ['the base branch’s offshoot.json counts', '{"build": "ours"}', { buildCommand: 'ours' }],
    ['no offshoot.json counts where the base branch has none', null, { buildCommand: 'npm run build' }],
  ])('%s', async (_, text, plan) => {
    expect(await detectBuild(folder, {}, { text })).toMatchObject({ ok: true, plan });
  });

  test('a mistake in the base branch’s is told', async () => {
    const detected = await detectBuild(folder, {}, { text: '{"biuld": "ours"}' });
    expect(detected).toMatchObject({ ok: false, message: expect.stringContaining('Did you mean "build"?') });
  });
});

test.each([
  [undefined, 'offshoot.json'],
  ['web', 'web/offshoot.json'],
  ['./web/', 'web/offshoot.json'],
  ['../x', undefined],
])('the settings’ root directory %j has it at %j', (rootDirectory, path) => {
  expect(configPathOf(rootDirectory === undefined ? {} : { rootDirectory })).toBe(path);
});
