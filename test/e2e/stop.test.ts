import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startOffshoot, waitFor, type Offshoot } from '../support/offshoot.ts';
import { processesWithEnvironment } from '../support/processes.ts';

const TIMEOUT_MS = 120_000;

let git: GitServer;
let offshoot: Offshoot;

beforeAll(async () => {
  git = await startGitServer();
  // One attempt only: a build that is handed over must not cost it.
  offshoot = await startOffshoot({ environment: { OFFSHOOT_MAX_ATTEMPTS: '1' } });
}, TIMEOUT_MS);

afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, TIMEOUT_MS);

describe('Ctrl-C in mid-build', { timeout: TIMEOUT_MS }, () => {
  test('hands the build over, leaves nothing running, and the next start finishes it', async () => {
    const script = 'echo begun; sleep 4; mkdir dist; echo finished > dist/index.html';
    const { url } = git.createRepository('long', {
      'package.json': JSON.stringify({ scripts: { build: script } }),
    });
    const { slug, url: site } = await offshoot.createProject({ gitUrl: url });
    const { id } = await offshoot.deploy(slug);
    await waitFor('the build command', 20_000, async () =>
      (await offshoot.log(id)).some(({ text }) => text === 'begun') ? true : undefined,
    );

    expect(await offshoot.stop()).toBe(0);
    expect(processesWithEnvironment(offshoot.dataFolder)).toEqual([]);
    // An ordinary user's slot records stand here too.
    const work = await readdir(join(offshoot.dataFolder, 'work'));
    expect(work.filter((name) => name !== 'slots')).toEqual([]);

    await offshoot.restart();
    expect(await offshoot.waitForEnd(id)).toMatchObject({ status: 'ready', reason: null });
    expect((await offshoot.visit(site)).body).toBe('finished\n');
    const log = await offshoot.log(id);
    expect(new Set(log.map(({ attempt }) => attempt))).toEqual(new Set([1, 2]));
    expect(log.filter(({ text }) => text === 'begun').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('with nothing to do is quiet', async () => {
    expect(await offshoot.stop()).toBe(0);
    expect(offshoot.output()).not.toMatch(/Error|\bat .*\.ts:\d+/);
  });
});
