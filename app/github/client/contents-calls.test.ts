import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  json,
  type InstallationClient,
  type ScriptedGithub,
  startSignedInGithub,
} from '../../../test/support/scripted-github.ts';
import { compareFiles } from './compare-files.ts';
import { readFile } from './read-file.ts';
import { placeOfRepository } from './repository-place.ts';

const OPTIONS = { now: () => 0 };
const PLACE = placeOfRepository('acme/shop');
const COMMIT = 'a'.repeat(40);
const BROKEN = json(502, { message: 'Bad Gateway' });
let github: ScriptedGithub;
let client: InstallationClient;
beforeAll(async () => {
  ({ github, client } = await startSignedInGithub());
});
afterAll(() => github.close());
beforeEach(() => github.clear());

describe('the files that changed', () => {
  const compare = (since: 'base' | 'parting' = 'base') =>
    compareFiles(client, PLACE, { base: 'b'.repeat(40), head: COMMIT, since }, OPTIONS);
  const files = (count: number) => Array.from({ length: count }, (_, index) => ({ filename: `f${index}` }));

  it('are known, renamed ones by both names', async () => {
    const renamed = { filename: 'new.md', previous_filename: 'old.md' };
    github.next(json(200, { status: 'ahead', files: [{ filename: 'a.ts' }, renamed] }));
    expect(await compare()).toEqual({
      ok: true,
      value: { state: 'known', paths: ['a.ts', 'new.md', 'old.md'] },
    });
  });

  it.each([
    ['none, of the same commit', 200, { status: 'identical', files: [] }, { state: 'known', paths: [] }],
    ['unknown at GitHub’s limit', 200, { status: 'ahead', files: files(300) }, { state: 'unknown' }],
    ['unknown after a force push', 200, { status: 'diverged', files: files(1) }, { state: 'unknown' }],
    ['unknown after going back', 200, { status: 'behind', files: [] }, { state: 'unknown' }],
    ['unknown without a list', 200, { status: 'ahead' }, { state: 'unknown' }],
    ['unknown where a commit is gone', 404, { message: 'Not Found' }, { state: 'unknown' }],
    ['unknown where it is too much', 422, { message: 'too big' }, { state: 'unknown' }],
  ])('are %s', async (_what, status, body, expected) => {
    github.next(json(status, body));
    expect(await compare()).toEqual({ ok: true, value: expected });
  });

  it('just below the limit are known', async () => {
    github.next(json(200, { status: 'ahead', files: files(299) }));
    expect(await compare()).toMatchObject({ ok: true, value: { state: 'known' } });
  });

  it.each(['ahead', 'diverged', 'behind'])('are known since both parted, %s or not', async (status) => {
    github.next(json(200, { status, files: files(2) }));
    expect(await compare('parting')).toEqual({ ok: true, value: { state: 'known', paths: ['f0', 'f1'] } });
  });

  it('are unknown at GitHub’s limit, wherever both parted', async () => {
    github.next(json(200, { status: 'diverged', files: files(300) }));
    expect(await compare('parting')).toEqual({ ok: true, value: { state: 'unknown' } });
  });

  it('can’t be told while GitHub is broken', async () => {
    github.next(BROKEN);
    expect(await compare()).toMatchObject({ ok: false });
  });
});

describe('a file', () => {
  const read = () => readFile(client, PLACE, { path: 'apps/web/offshoot.json', commit: COMMIT }, OPTIONS);
  const file = { type: 'file', encoding: 'base64', content: 'eyJ4\nIjoxfQ==\n' };

  it('is read as text, from the commit', async () => {
    github.next(json(200, file));
    expect(await read()).toEqual({ ok: true, value: '{"x":1}' });
    expect(github.calls()).toEqual([
      `GET /repos/acme/shop/contents/apps%2Fweb%2Foffshoot.json?ref=${COMMIT}`,
    ]);
  });

  it.each([
    ['is not there', 404, { message: 'Not Found' }],
    ['is a folder', 200, [file]],
    ['is another repository', 200, { type: 'submodule' }],
    ['is too large for an answer', 200, { ...file, encoding: 'none', content: '' }],
  ])('that %s has no text', async (_what, status, body) => {
    github.next(json(status, body));
    expect(await read()).toEqual({ ok: true, value: undefined });
  });

  it('can’t be told while GitHub is broken', async () => {
    github.next(BROKEN);
    expect(await read()).toMatchObject({ ok: false });
  });
});
