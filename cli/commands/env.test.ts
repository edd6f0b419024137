import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEnvironmentVariable } from '../../app/actions/seal-environment-variable.ts';
import { environmentVariables } from '../../app/db/environment-schema.ts';
import { type ApiRoom, openApiRoom, TOKEN } from '../../test/support/api-room.ts';
import { type CliRunOptions, runCli } from '../../test/support/cli-run.ts';

const SECRET = 'correct-horse-battery-staple';
let room: ApiRoom;
let home: string;

beforeAll(async () => {
  room = await openApiRoom();
  home = await mkdtemp(path.join(tmpdir(), 'offshoot-cli-'));
  await room.client.call('POST', '/api/projects', { json: { name: 'Shop' } });
});
afterEach(() => room.db.delete(environmentVariables));
afterAll(async () => {
  await room.dispose();
  await rm(home, { recursive: true, force: true });
});

const offshoot = (line: string, options: CliRunOptions = {}) =>
  runCli(line.split(' '), {
    env: { OFFSHOOT_URL: `http://localhost:${room.server.port}`, OFFSHOOT_TOKEN: TOKEN },
    homeFolder: home,
    workingFolder: home,
    now: room.clock.now,
    ...options,
  });

async function kept(): Promise<unknown[]> {
  const rows = await room.db.select().from(environmentVariables);
  return rows.map((row) => [
    row.name,
    row.environment,
    row.branch,
    openEnvironmentVariable(row, room.dependencies.secrets),
  ]);
}

describe('env', () => {
  it('sets what standard input says, lists it without its value, and removes it', async () => {
    const set = await offshoot('env set shop TOKEN --branch content', { input: `${SECRET}\n` });
    expect([set.exitCode, set.output]).toEqual([0, 'Set TOKEN of shop for previews of content.\n']);
    expect(await kept()).toEqual([['TOKEN', 'preview', 'content', SECRET]]);
    await offshoot('env set shop A -e production', { input: 'a' });
    const list = await offshoot('env list shop');
    expect(list.output.split('\n')).toEqual([
      expect.stringMatching(/^NAME +BUILDS +SET$/),
      expect.stringMatching(/^A +production +/),
      expect.stringMatching(/^TOKEN +previews of content +/),
      '',
    ]);
    const json = JSON.parse((await offshoot('env list shop -e preview --json')).output) as object;
    expect(json).toMatchObject({ items: [{ name: 'TOKEN', branch: 'content' }] });
    expect(JSON.stringify([set, list, json])).not.toContain(SECRET);
    const removed = await offshoot('env remove shop TOKEN --branch content');
    expect([removed.exitCode, removed.output]).toEqual([0, 'Removed TOKEN of shop.\n']);
    expect(await kept()).toEqual([['A', 'production', null, 'a']]);
    expect((await offshoot('env remove shop A')).exitCode).toBe(1);
  });

  it('asks a person for the value, and shows nothing of it', async () => {
    const { exitCode, errors } = await offshoot('env set shop TOKEN', {
      isTerminal: true,
      input: `${SECRET}\r`,
    });
    expect([exitCode, errors]).toEqual([0, expect.stringContaining('Value of TOKEN: ')]);
    expect(errors).not.toContain(SECRET);
    expect(await kept()).toEqual([['TOKEN', null, null, SECRET]]);
  });

  it('takes a file, all or nothing', async () => {
    const { output } = await offshoot('env import shop -e preview', { input: 'A=1\nB="2"\n' });
    expect(output).toBe('Set 2 environment variables of shop: A, B.\n');
    const refused = await offshoot('env import shop', { input: `C=${SECRET}\nPATH=x\n` });
    expect([refused.exitCode, refused.errors]).toEqual([1, expect.stringContaining('PATH can’t be set')]);
    expect(refused.errors).not.toContain(SECRET);
    expect(await kept()).toEqual([
      ['A', 'preview', null, '1'],
      ['B', 'preview', null, '2'],
    ]);
  });

  it.each([
    ['env show shop', 'none of list, set, import, remove'],
    ['env set shop', 'Name the variable'],
    ['env remove shop', 'Name the variable'],
    ['env list shop TOKEN', 'Only `set` and `remove`'],
    ['env list shop -e staging', 'production or preview is expected'],
  ])('does not understand %j, and says why', async (line, words) => {
    const { exitCode, errors } = await offshoot(line);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining(words)]);
  });
});
