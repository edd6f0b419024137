import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startOffshoot, waitFor, type Deployment, type Offshoot } from '../support/offshoot.ts';
import { descendantsOf, listProcesses, type ProcessEntry } from '../support/processes.ts';
import { BREACH, CANARY, hostileRepositories, type HostileRepository } from './hostile-repositories.ts';

const START_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 60_000;
const FIRST_BUILD_UID = 61_000;
const LAST_BUILD_UID = 61_100;
const MB = 1_000_000;

/** Without its own user and a sandbox a build can read what everybody may; docs say so. Nothing to prove there. */
const canIsolate = process.getuid?.() === 0 && spawnSync('bwrap', ['--version']).status === 0;
if (!canIsolate && process.env['CI'] === 'true') throw new Error('CI must run as root with bubblewrap');
if (!canIsolate) process.stdout.write('hostile repositories: skipped, they need root and bubblewrap\n');

let git: GitServer;
let offshoot: Offshoot;
let servers: ProcessEntry[];

const SMALL_LIMITS = {
  OFFSHOOT_BUILD_TIMEOUT_MS: '8000',
  OFFSHOOT_CHECKOUT_TIMEOUT_MS: '30000',
  OFFSHOOT_MAX_MEMORY_BYTES: String(400 * MB),
  OFFSHOOT_MAX_PROCESSES: '150',
  OFFSHOOT_MAX_DISK_BYTES: String(300 * MB),
  OFFSHOOT_MAX_OUTPUT_FILES: '500',
  OFFSHOOT_MAX_OUTPUT_FILE_BYTES: String(5 * MB),
  OFFSHOOT_MAX_OUTPUT_BYTES: String(20 * MB),
  OFFSHOOT_MAX_LOG_BYTES: String(1 * MB),
};

beforeAll(async () => {
  if (!canIsolate) return;
  git = await startGitServer();
  offshoot = await startOffshoot({ environment: SMALL_LIMITS });
  servers = await waitFor('the servers', START_TIMEOUT_MS, async () => findServers());
  const otherBuild = join(offshoot.dataFolder, 'work', 'canary');
  await mkdir(otherBuild, { recursive: true });
  await writeFile(join(otherBuild, 'canary.txt'), CANARY);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, START_TIMEOUT_MS);

function findServers(): ProcessEntry[] | undefined {
  const family = descendantsOf(offshoot.process.pid ?? 0);
  const found = ['app/main.ts', 'proxy/main.ts', 'clickhouse-child', 'bin/postgres'].map((text) =>
    family.find(({ command }) => command.includes(text)),
  );
  return found.some((entry) => entry === undefined) ? undefined : (found as ProcessEntry[]);
}

function targets() {
  const [app, , , postgres] = servers;
  const port = /(?:-p|port=)\s*(\d+)/.exec(postgres?.command ?? '')?.[1];
  return { appPid: app?.pid ?? 0, postgresPort: Number(port ?? 0), dataFolder: offshoot.dataFolder };
}

async function deployHostile(repository: HostileRepository, index: number) {
  const name = `hostile-${index}`;
  const made = git.createRepository(name);
  const { ref } = repository.make(made.repository) ?? {};
  const project = await offshoot.createProject({ gitUrl: made.url, productionBranch: 'main' });
  const { id } = await offshoot.deploy(project.slug, ref);
  return { project, ended: await offshoot.waitForEnd(id, BUILD_TIMEOUT_MS) };
}

function buildProcesses(): ProcessEntry[] {
  return listProcesses().filter(
    ({ uid, state }) => uid >= FIRST_BUILD_UID && uid < LAST_BUILD_UID && state !== 'Z',
  );
}

const endOf = ({ status, reason }: Deployment) => reason ?? status;
const NAMES = hostileRepositories({ appPid: 0, postgresPort: 0, dataFolder: '/' }).map(({ name }) => name);

describe.skipIf(!canIsolate)('a hostile repository', { timeout: BUILD_TIMEOUT_MS * 2 }, () => {
  test('there are at least forty, each another', () => {
    expect(new Set(NAMES).size).toBeGreaterThanOrEqual(40);
    expect(targets().postgresPort).toBeGreaterThan(0);
  });

  test.each(NAMES.map((name, index) => [name, index] as const))('%s', async (_name, index) => {
    const hostile = hostileRepositories(targets())[index] as HostileRepository;
    const { project, ended } = await deployHostile(hostile, index);
    const log = (await offshoot.log(ended.id)).map(({ text }) => text).join('\n');

    expect([hostile.ends].flat(), `${ended.message}\n${log.slice(0, 3000)}`).toContain(endOf(ended));
    expect(log).not.toMatch(new RegExp(`^${BREACH}$`, 'm'));
    expect(log.includes(CANARY)).toBe(false);
    expect(`${ended.message}\n${log}`).toMatch(hostile.says ?? /^/);
    for (const path of hostile.missing ?? []) {
      expect((await offshoot.visit(project.url, path)).status).toBe(404);
    }
  });

  test('leaves no process and no file behind, and harms no server', async () => {
    await waitFor('the end of every build process', 10_000, async () =>
      buildProcesses().length === 0 ? true : undefined,
    );
    const work = (await readdir(join(offshoot.dataFolder, 'work'))).filter((name) => name !== 'canary');
    const left = await Promise.all(
      work.map((name) => listBuildFolder(join(offshoot.dataFolder, 'work', name))),
    );
    expect(left.flat()).toEqual([]);
    expect(findServers()?.map(({ pid }) => pid)).toEqual(servers.map(({ pid }) => pid));
    expect(existsSync(join(offshoot.dataFolder, '..', 'escape.txt'))).toBe(false);
  });
});

/** Source and output of a build; a slot's own lock file may stay. */
async function listBuildFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((entry) => /source|home|tmp|dist/.test(entry));
}
