import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deployments } from '../../app/db/schema.ts';
import { type ApiRoom, openApiRoom, TOKEN } from '../../test/support/api-room.ts';
import { type CliRunOptions, interrupt, runCli } from '../../test/support/cli-run.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';
import { parseSince } from './logs.ts';

let room: ApiRoom;
let git: GitServer;
let url: string;
let commits: Record<'main' | 'feature', string>;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  [room, git] = await Promise.all([openApiRoom(), startGitServer()]);
  const { url: gitUrl, repository } = git.createRepository('shop', { 'index.html': 'one' });
  url = gitUrl;
  commits = {
    main: repository.tipOf('main') ?? '',
    feature: repository.commit({ 'index.html': 'two' }, { branch: 'feature' }),
  };
  await api('POST', '/api/projects', { gitUrl: url, slug: 'shop', name: 'Shop' });
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'offshoot-cli-'));
  env = { OFFSHOOT_URL: `http://localhost:${room.server.port}`, OFFSHOOT_TOKEN: TOKEN };
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function api<Body = Record<string, string>>(
  method: string,
  path: string,
  json?: unknown,
): Promise<Body> {
  return (await room.client.call<Body>(method, path, json === undefined ? {} : { json })).body;
}

async function deploy(ref: string): Promise<string> {
  const { id } = await api('POST', '/api/projects/shop/deployments', { ref });
  return id ?? '';
}

/** As a build that has delivered an artifact. */
async function finish(id: string, changes: Partial<typeof deployments.$inferInsert> = {}): Promise<void> {
  const values = {
    status: 'ready',
    manifest: 'a'.repeat(64),
    finishedAt: new Date(room.clock.now),
    ...changes,
  } as const;
  await room.db.update(deployments).set(values).where(eq(deployments.id, id));
}

const offshoot = (line: string, options: CliRunOptions = {}) =>
  runCli(line.split(' '), { env, homeFolder: home, workingFolder: home, now: room.clock.now, ...options });

describe('list', () => {
  it('shows projects with their newest deployment, also as JSON', async () => {
    const id = await deploy('feature');
    await finish(id, { status: 'failed', reason: 'build_failed' });
    room.clock.now += 3 * 60_000;
    const { output, exitCode } = await offshoot('list');
    expect(exitCode).toBe(0);
    expect(output.split('\n')).toEqual([
      expect.stringMatching(/^PROJECT +LAST DEPLOYMENT +SITE +REPOSITORY$/),
      `shop     ✗ failed 3 minutes ago  http://shop.localhost:8000  ${url}`,
      '',
    ]);
    const json = JSON.parse((await offshoot('list --json')).output) as { items: unknown[]; next: null };
    expect(json.items).toEqual([
      expect.objectContaining({ slug: 'shop', gitUrl: url, holdProduction: false }),
    ]);
    expect(json.next).toBeNull();
  });

  it('shows deployments of a project, which one production serves, and only those that are asked for', async () => {
    const ready = await deploy(commits.main);
    await finish(ready, { commitSubject: 'One \u001B[31m\u0007two' });
    await api('POST', `/api/deployments/${ready}/promote`);
    const failed = await deploy('feature');
    await finish(failed, { status: 'failed', reason: 'timeout' });
    const { output } = await offshoot('list shop');
    expect(output).toMatch(
      new RegExp(`^${ready} +✓ ready \\(production\\) .* ${commits.main.slice(0, 7)} One two$`, 'm'),
    );
    expect(output).toMatch(
      new RegExp(`^${failed} +✗ failed .* feature ${commits.feature.slice(0, 7)}$`, 'm'),
    );
    const some = (await offshoot('list shop --status failed --branch feature -n 1')).output;
    expect(some.split('\n').slice(1)).toEqual([expect.stringContaining(failed), '']);
    expect((await offshoot('list shop --status canceled')).errors).toContain('no such deployment');
  });

  it('asks for as many pages as it takes, and says where more are', async () => {
    await api('POST', '/api/projects', { name: 'Many' });
    for (let count = 0; count < 3; count += 1) await api('POST', '/api/projects/many/uploads');
    const some = await offshoot('list many -n 2', { isTerminal: true });
    expect(some.output.split('\n')).toHaveLength(4);
    expect(some.errors).toContain('The newest 2. More: --limit 10');
    expect((await offshoot('list many')).output.split('\n')).toHaveLength(5);
  });

  it.each([
    ['list -n 0', '--limit is "0"'],
    ['list -n x', '--limit is "x"'],
    ['list --branch main', 'go with a project'],
    ['list No_Slug', 'is no project'],
  ])('refuses %s', async (line, expected) => {
    const { errors, exitCode } = await offshoot(line);
    expect([errors, exitCode]).toEqual([expect.stringContaining(expected), 2]);
  });

  it('tells the server’s words when it refuses, to programs as JSON', async () => {
    const people = await offshoot('list nothing');
    expect([people.exitCode, people.output, people.errors]).toEqual([
      1,
      '',
      '✗ There is no project with the slug "nothing".\n',
    ]);
    const programs = await offshoot('list nothing --json');
    expect(JSON.parse(programs.errors)).toEqual({
      error: {
        code: 'project_not_found',
        message: 'There is no project with the slug "nothing".',
        exitCode: 1,
      },
    });
    expect(programs.output).toBe('');
  });
});

describe('promote', () => {
  it('says what moved, which way, and how to go back', async () => {
    const [older, newer] = [await deploy(commits.main), await deploy(commits.feature)];
    await finish(older, { createdAt: new Date(room.clock.now - 60_000) });
    await finish(newer);
    const forth = await offshoot(`promote ${newer}`);
    expect(forth).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('http://shop.localhost:8000 moved.'),
    });
    const back = await offshoot(`rollback http://${older}--shop.localhost:8000`);
    const [first, from, to, again] = back.output.split('\n');
    expect(first).toBe('http://shop.localhost:8000 is rolled back.');
    expect(from).toMatch(new RegExp(`^ {2}from {2}${newer} .*\\(just now\\)$`));
    expect(to).toMatch(new RegExp(`^ {2}to {4}${older} .*\\(1 minute ago\\)$`));
    expect(again).toContain(`offshoot promote ${newer}`);
    expect((await offshoot(`promote ${older}`)).output).toContain('Nothing moved');
    const { output } = await offshoot(`promote ${newer} --json`);
    expect(JSON.parse(output)).toMatchObject({ deployment: { id: newer }, previous: older });
  });

  it('is refused for one that is not ready', async () => {
    const { errors, exitCode } = await offshoot(`promote ${await deploy('feature')}`);
    expect([errors, exitCode]).toEqual([
      '✗ It is queued; only a deployment that is ready can be served.\n',
      1,
    ]);
  });

  it.each([
    ['shop', '`offshoot list shop` shows those of a project'],
    ['http://shop.localhost:8000', 'is no id of a deployment'],
  ])('wants a deployment, and not %s', async (name, expected) => {
    const { errors, exitCode } = await offshoot(`promote ${name}`);
    expect([errors, exitCode]).toEqual([expect.stringContaining(expected), 2]);
  });
});

describe('cancel', () => {
  it('stops one that waits, and may be asked for twice', async () => {
    const id = await deploy('feature');
    for (const round of [1, 2]) {
      const { output, exitCode } = await offshoot(`cancel ${id}`);
      expect([round, output, exitCode]).toEqual([
        round,
        expect.stringContaining(`Canceled ${id} of shop (feature`),
        0,
      ]);
    }
    expect(JSON.parse((await offshoot(`cancel ${id} --json`)).output)).toMatchObject({
      id,
      status: 'canceled',
    });
  });

  it('says when it is too late', async () => {
    const id = await deploy('feature');
    await finish(id);
    const { errors, exitCode } = await offshoot(`cancel ${id}`);
    expect([errors, exitCode]).toEqual(['✗ It is ready already: nothing is left to cancel.\n', 1]);
  });
});

describe('open', () => {
  it('prints the address where nobody looks', async () => {
    const id = await deploy('feature');
    expect(await offshoot('open shop')).toMatchObject({
      output: 'http://shop.localhost:8000\n',
      started: [],
    });
    expect((await offshoot(`open ${id}`)).output).toBe(`http://${id}--shop.localhost:8000\n`);
    expect(JSON.parse((await offshoot('open shop --json')).output)).toEqual({
      url: 'http://shop.localhost:8000',
    });
  });

  it.each([
    [{ DISPLAY: ':0' }, 'linux', ['xdg-open']],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', ['xdg-open']],
    [{}, 'darwin', ['open']],
    [{ BROWSER: 'firefox --new-window' }, 'linux', ['firefox', '--new-window']],
    [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', ['wslview']],
  ] as const)('with %j on %s starts %j', async (more, platform, command) => {
    const { started, output } = await offshoot('open shop', {
      isTerminal: true,
      platform,
      env: { ...env, ...more },
    });
    expect([started, output]).toEqual([[[...command, 'http://shop.localhost:8000']], '']);
  });

  it('prints the address on a terminal without a screen', async () => {
    expect(await offshoot('open shop', { isTerminal: true })).toMatchObject({
      output: 'http://shop.localhost:8000\n',
      started: [],
    });
  });

  it('makes a link that signs in to the dashboard once, and leaves it out of the terminal when it is opened', async () => {
    const { output } = await offshoot('open');
    const { pathname } = new URL(output.trim());
    const visits = [];
    for (const _ of [1, 2]) visits.push((await room.server.send('GET', pathname)).status);
    expect(visits).toEqual([303, 403]);
    const opened = await offshoot('open', { isTerminal: true, env: { ...env, DISPLAY: ':0' } });
    expect(opened.started).toEqual([['xdg-open', expect.stringContaining('/login/')]]);
    expect(opened.output + opened.errors).not.toContain('/login/');
  });

  it('knows neither a project nor a deployment of that name', async () => {
    for (const name of ['nothing', 'a'.repeat(20)])
      expect((await offshoot(`open ${name}`)).errors).toContain(`no project and no deployment "${name}"`);
  });
});

describe('delete', () => {
  beforeEach(() => api('POST', '/api/projects', { name: 'Gone', slug: 'gone' }));
  afterEach(() =>
    room.client
      .call('DELETE', '/api/projects/gone')
      .then(() => room.db.execute("delete from projects where slug = 'gone'")),
  );

  it('asks for the name first', async () => {
    const no = await offshoot('delete gone', { isTerminal: true, input: 'shop\n' });
    expect([no.exitCode, no.errors]).toEqual([1, expect.stringContaining('Nothing was deleted')]);
    expect((await offshoot('open gone')).exitCode).toBe(0);
    const yes = await offshoot('delete gone', { isTerminal: true, input: 'gone\n' });
    expect([yes.exitCode, yes.output]).toEqual([0, expect.stringContaining('Deleted gone')]);
    expect((await offshoot('open gone')).exitCode).toBe(1);
  });

  it('needs --yes where nobody can be asked', async () => {
    expect(await offshoot('delete gone')).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('--yes'),
    });
    expect((await offshoot('delete gone --yes')).exitCode).toBe(0);
  });
});

describe('login', () => {
  const file = () => path.join(home, '.config/offshoot/config.json');
  const address = () => `http://localhost:${room.server.port}`;

  it('keeps a token that the server takes, for all later commands, until logout', async () => {
    env = {};
    expect((await offshoot('list')).exitCode).toBe(4);
    const { output, exitCode } = await offshoot(`login ${address()}`, { input: `${TOKEN}\n` });
    expect([output, exitCode]).toEqual([expect.stringContaining(`Signed in to ${address()}`), 0]);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ url: address(), token: TOKEN });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await offshoot('open shop')).exitCode).toBe(0);
    expect((await offshoot('status')).output).toContain(`${address()}  (\`offshoot login\`)`);
    expect((await offshoot('logout')).output).toContain('Signed out');
    expect((await offshoot('list')).exitCode).toBe(4);
    expect((await offshoot('logout')).output).toContain('Nothing was kept');
  });

  it('asks a person for both, and never shows the token', async () => {
    env = {};
    const answers = `${address()}\n`;
    const first = await offshoot('login', { isTerminal: true, input: answers });
    expect(first).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('Address of the server [http://localhost:9000]'),
    });
    const { errors, output, exitCode } = await offshoot(`login ${address()}`, {
      isTerminal: true,
      input: `xx\u007F\u0015${TOKEN}\n`,
    });
    expect([exitCode, output]).toEqual([0, expect.stringContaining('Signed in')]);
    expect(errors).toBe(`Token of ${address()}: \n`);
  });

  it.each([
    ['wrong', 4, 'That is not the token'],
    ['', 2, 'No token was given'],
    ['two words', 2, 'no spaces'],
  ])('keeps nothing of the token %j', async (input, exitCode, expected) => {
    env = {};
    const run = await offshoot(`login ${address()}`, { input });
    expect(run).toMatchObject({ exitCode, errors: expect.stringContaining(expected) });
    await expect(stat(file())).rejects.toThrow('ENOENT');
  });

  it('warns of a way that is not encrypted, before the token is sent', async () => {
    const { errors } = await offshoot('login http://nowhere.invalid', { input: 'x' });
    expect(errors).toMatch(/^Beware: http:\/\/nowhere\.invalid is not encrypted/);
  });

  it('is left by Ctrl-C', async () => {
    expect((await offshoot(`login ${address()}`, { isTerminal: true, input: 'abc\u0003' })).exitCode).toBe(
      130,
    );
  });
});

describe('status', () => {
  it('says where address and token come from, and whether they work', async () => {
    const { output, exitCode } = await offshoot('status');
    expect([output, exitCode]).toEqual([
      `Server  ${env['OFFSHOOT_URL']}  (OFFSHOOT_URL and OFFSHOOT_TOKEN)\n` +
        'Token   from OFFSHOOT_URL and OFFSHOOT_TOKEN\nState   ✓ it answers, and takes the token\n',
      0,
    ]);
    const wrong = await offshoot('status --token wrong');
    expect(wrong).toMatchObject({ exitCode: 4, errors: expect.stringContaining('does not take this token') });
    expect(JSON.parse((await offshoot('whoami --json')).output)).toMatchObject({
      urlFrom: 'environment',
      ok: true,
    });
  });

  it('shows the server’s reason for not serving a name', async () => {
    const { errors } = await offshoot(`status --token ${TOKEN} --url http://0.0.0.0:${room.server.port}`);
    expect(errors).toContain('set OFFSHOOT_URL');
  });
});

describe('complete, for shells', () => {
  it('lists words, one a line, and says nothing when it can not', async () => {
    const { output } = await offshoot('complete project-or-deployment');
    const words = output.trim().split('\n');
    expect(words).toContain('shop');
    expect(words.filter((word) => /^[a-z0-9]{20}$/.test(word)).length).toBeGreaterThan(1);
    expect((await offshoot('complete project')).output).not.toMatch(/^[a-z0-9]{20}$/m);
    env = { OFFSHOOT_URL: 'http://localhost:1', OFFSHOOT_TOKEN: 'x' };
    expect(await offshoot('complete project')).toMatchObject({ output: '', errors: '' });
  });
});

describe('Ctrl-C', () => {
  it('ends a command that waits for the server, with the code that shells know', async () => {
    const stop = new AbortController();
    const running = offshoot('list', { stop: stop.signal });
    interrupt(stop);
    expect(await running).toMatchObject({ exitCode: 130, output: '', errors: '' });
  });
});

describe('--since', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  it.each([
    [undefined, 0],
    ['30s', now - 30_000],
    ['10m', now - 600_000],
    ['2h', now - 7_200_000],
    ['1d', now - 86_400_000],
    ['2026-01-31T11:00:00Z', now - 3_600_000],
  ])('%s', (text, expected) => {
    expect(parseSince(text, now)).toBe(expected);
  });

  it.each(['10', 'm', '10w', 'yesterday', '-5m', ''])('%j is refused', (text) => {
    expect(() => parseSince(text, now)).toThrow('--since is');
  });
});
