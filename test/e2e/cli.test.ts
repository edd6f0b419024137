import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';
import { processesWithEnvironment } from '../support/processes.ts';

const TIMEOUT_MS = 180_000;
const REPOSITORY = path.join(import.meta.dirname, '../..');
const ESCAPE = '\u001B';
const CLEAR_LINE = `\r${ESCAPE}[2K`;
const isLinux = process.platform === 'linux';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) process.stderr.write('openssl is not installed: the command line is not tried over TLS\n');

let git: GitServer;
let offshoot: Offshoot;
let folder: string;

beforeAll(async () => {
  git = await startGitServer();
  // An empty token counts as none: the start makes its own, which the command line finds.
  offshoot = await startOffshoot({ environment: { OFFSHOOT_TOKEN: '' } });
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-cli-'));
  await linkAsNpmDoes();
}, TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
  await rm(folder, { recursive: true, force: true });
}, TIMEOUT_MS);

/** What `npm link` leaves: a link in bin to a link in node_modules to the clone. */
async function linkAsNpmDoes(): Promise<void> {
  for (const name of ['bin', 'lib/node_modules', 'elsewhere'])
    await mkdir(path.join(folder, name), { recursive: true });
  await symlink(REPOSITORY, path.join(folder, 'lib/node_modules/offshoot'));
  await symlink('../lib/node_modules/offshoot/cli/offshoot.mjs', path.join(folder, 'bin/offshoot'));
}

/** A shell of somebody in another folder, with the Node that the machine has, and no settings but the data folder. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = (process.env['PATH'] ?? '').split(':').filter((each) => !each.includes('node_modules'));
  return {
    PATH: [path.join(folder, 'bin'), ...own].join(':'),
    HOME: folder,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    OFFSHOOT_DATA: offshoot.dataFolder,
    ...more,
  };
}

interface Typed {
  readonly process: ChildProcess;
  output(): string;
  errors(): string;
  readonly exitCode: Promise<number | null>;
}

function type(args: readonly string[], env: Record<string, string> = {}, command = 'offshoot'): Typed {
  const child = spawn(command, args, {
    cwd: path.join(folder, 'elsewhere'),
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, output: () => output, errors: () => errors, exitCode };
}

async function run(line: string, env: Record<string, string> = {}) {
  const typed = type(line.split(' '), env);
  const exitCode = await typed.exitCode;
  return { exitCode, output: typed.output(), errors: typed.errors() };
}

/** The same on a terminal: what it shows, with its escape sequences. */
async function runOnTerminal(line: string, env: Record<string, string> = {}) {
  const typed = type(['-qfec', `stty cols 100; ${line}`, '/dev/null'], env, 'script');
  return { exitCode: await typed.exitCode, shown: typed.output() };
}

const slowSite = (seconds: number, page: string) => ({
  'package.json': '{"private": true, "scripts": {"build": "node build.mjs"}}',
  'build.mjs': `
    import { mkdirSync, writeFileSync } from 'node:fs';
    console.log('\\x1b[32mgreen\\x1b[0m and \\x1b]0;title\\x07\\x1b[2Jevil');
    for (let tick = 0; tick < ${seconds * 10}; tick += 1) {
      console.log('tick ' + tick);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    mkdirSync('dist', { recursive: true });
    writeFileSync('dist/index.html', ${JSON.stringify(page)});`,
});

async function visit(slug: string): Promise<string> {
  return (await offshoot.visit(`http://${slug}.localhost:${offshoot.proxyPort}`)).body;
}

/** The proxy may show the old page for a second. */
async function expectSite(slug: string, page: string): Promise<void> {
  await expect.poll(() => visit(slug), { timeout: 10_000 }).toBe(page);
}

const addressOf = (label: string) => `http://${label}.localhost:${offshoot.proxyPort}`;

describe('the command line against a whole Offshoot', { timeout: TIMEOUT_MS }, () => {
  test('needs no login on its machine, from any folder, by whatever Node', async () => {
    const { output, exitCode } = await run('status');
    expect([exitCode, output]).toEqual([0, expect.stringContaining(`http://127.0.0.1:${offshoot.appPort}`)]);
    const { version } = JSON.parse(await readFile(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await run('--version')).output).toBe(`${version}\n`);
  });

  test('deploys a Git URL: the address alone is the result, the log and the words stand beside', async () => {
    const { url, repository } = git.createRepository('shop', slowSite(0, 'shop 1'));
    const first = await run(`deploy ${url}`);
    expect([first.output, first.exitCode]).toEqual([`${addressOf('shop')}\n`, 0]);
    expect(first.errors).toMatch(/^Made the project shop\.\nDeploying main of shop: [a-z0-9]{20}\n/);
    expect(first.errors).toContain('\ngreen and evil\n');
    expect(first.errors).toMatch(/✓ Ready in .* 1 file, 6 bytes\n/);
    expect(first.errors).not.toContain('\u001B');
    await expectSite('shop', 'shop 1');

    repository.commit(slowSite(0, 'shop 2'));
    const second = await run(`deploy ${url} --json`);
    const events = second.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event).filter((event) => event !== 'line')).toEqual([
      'deployment',
      'result',
    ]);
    expect(events.at(-1)).toMatchObject({ deployment: { status: 'ready', project: { slug: 'shop' } } });
    expect(events.filter(({ event }) => event === 'line').length).toBeGreaterThan(5);
    expect([second.errors, second.exitCode]).toEqual(['', 0]);
    await expectSite('shop', 'shop 2');
    expect(JSON.parse((await run('list --json')).output)).toMatchObject({ items: [{ slug: 'shop' }] });
  });

  test('fails with the reason in words, and programs get its code', async () => {
    const { url } = git.createRepository('broken', {
      'package.json': '{"private": true, "scripts": {"build": "exit 3"}}',
    });
    const people = await run(`deploy ${url}`);
    expect([people.exitCode, people.output]).toEqual([1, '']);
    expect(people.errors).toMatch(
      /✗ Failed after .* in build: build_failed\n {2}The command "npm run build" ended with exit code 3/,
    );
    expect(people.errors).toMatch(
      /\n {2}Its log: {2}offshoot logs ([a-z0-9]{20})\n {2}Its page: http:\/\/localhost:\d+\/deployments\/\1\n$/,
    );
    const programs = await run('deploy --project broken --json --quiet');
    expect(JSON.parse(programs.errors)).toEqual({
      error: { code: 'build_failed', message: expect.stringContaining('exit code 3'), exitCode: 1 },
    });
    const misspelt = await run('deploy --project broken --branch mian');
    expect([misspelt.exitCode, misspelt.errors]).toEqual([
      1,
      '✗ The repository has no branch or tag "mian".\n',
    ]);
  });

  test('changes what is asked for of a project that exists, and tells projects of one repository apart', async () => {
    const { url } = git.createRepository('settings', {
      'site/index.html': 'from site',
      'index.html': 'from top',
    });
    const first = await run(`deploy ${url} --root site --name Nice`);
    expect([first.exitCode, first.output]).toEqual([0, `${addressOf('nice')}\n`]);
    await expectSite('nice', 'from site');
    const changed = await run(`deploy ${url} --root .`);
    expect(changed.errors).toContain('Changed of nice: settings.');
    await expectSite('nice', 'from top');
    expect((await run(`deploy ${url} --project second`)).output).toBe(`${addressOf('second')}\n`);
    const ambiguous = await run(`deploy ${url}`);
    expect([ambiguous.exitCode, ambiguous.errors]).toEqual([
      1,
      expect.stringContaining('--project second or nice'),
    ]);
    const other = await run(`deploy ${git.url}/shop.git --project nice`);
    expect([other.exitCode, other.errors]).toEqual([1, expect.stringContaining('nice is another project')]);
  });

  test('uploads a folder, again to the same project, and tells the branch and the commit', async () => {
    const site = path.join(folder, 'elsewhere/blog/dist');
    await mkdir(site, { recursive: true });
    await writeFile(path.join(site, 'index.html'), 'blog 1');
    const first = await run('deploy blog/dist');
    expect([first.output, first.exitCode]).toEqual([`${addressOf('blog')}\n`, 0]);
    expect(first.errors).toMatch(/^Made the project blog\.\nUploading .*\/blog\/dist to blog: /);
    await expectSite('blog', 'blog 1');

    await writeFile(path.join(site, 'index.html'), 'blog 2');
    const run2 = (command: string) => spawnSync('sh', ['-c', command], { cwd: site });
    run2(
      'git init -q . && git add . && git -c user.name=Ada -c user.email=a@example.com commit -qm "Write more"',
    );
    const preview = await run('deploy blog/dist --branch draft --quiet');
    expect(preview.output).toBe(`${addressOf('draft--blog')}\n`);
    expect([await visit('draft--blog'), await visit('blog')]).toEqual(['blog 2', 'blog 1']);
    expect((await run('list blog --branch draft')).output).toMatch(/draft [0-9a-f]{7} Write more\n/);
    expect((await run('list blog')).output.split('\n')).toHaveLength(4);

    const stranger = await run('deploy blog/dist --name shop');
    expect([stranger.exitCode, stranger.errors]).toEqual([1, expect.stringContaining('is built from')]);
    expect((await run('deploy blog/dist --build make')).exitCode).toBe(2);
    expect(await run('deploy blog/missing')).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('There is no folder'),
    });
  });

  test('promotes and rolls back, and says what moved', async () => {
    const { items } = JSON.parse((await run('list shop --json --status ready')).output) as {
      items: { id: string }[];
    };
    const [newer, older] = items.map(({ id }) => id);
    const back = await run(`promote ${older}`);
    expect(back.output).toMatch(
      new RegExp(`^${addressOf('shop')} is rolled back\\.\n {2}from {2}${newer} .*\n {2}to {4}${older} `),
    );
    await expectSite('shop', 'shop 1');
    expect((await run('list shop')).output).toMatch(new RegExp(`${older} +✓ ready \\(production\\)`));
    const again = await run(`redeploy ${newer} --quiet`);
    expect([again.exitCode, again.output]).toEqual([0, `${addressOf('shop')}\n`]);
    await expectSite('shop', 'shop 2');
  });

  test('goes on after Ctrl-C, says how to follow and to cancel, and both work', async () => {
    const { url } = git.createRepository('slow', slowSite(60, 'slow'));
    const deploying = type(['deploy', url]);
    await waitFor('its build', TIMEOUT_MS, async () => deploying.errors().includes('tick 3') || undefined);
    deploying.process.kill('SIGINT');
    expect(await deploying.exitCode).toBe(130);
    const [, id = ''] =
      /offshoot logs --follow ([a-z0-9]{20})\n {2}Stop it: {3}offshoot cancel \1\n$/.exec(
        deploying.errors(),
      ) ?? [];
    expect(deploying.errors()).toContain('Stopped watching: the deployment goes on.');

    const following = type(['logs', '--follow', id]);
    await waitFor('its log', TIMEOUT_MS, async () => following.output().includes('tick 6') || undefined);
    const canceled = await run(`cancel ${id}`);
    expect([canceled.exitCode, canceled.output]).toEqual([0, expect.stringMatching(/^Canceled .* of slow/)]);
    expect(await following.exitCode).toBe(1);
    expect(following.output()).toContain('tick 0\ntick 1\ntick 2\n');
  });

  test('cancels an upload by Ctrl-C, and the site stays as it is', async () => {
    const site = path.join(folder, 'elsewhere/large');
    await mkdir(site, { recursive: true });
    await writeFile(path.join(site, 'index.html'), 'large');
    expect((await run('deploy large --quiet')).exitCode).toBe(0);
    for (let number = 0; number < 3000; number += 1)
      await writeFile(path.join(site, `${number}.bin`), randomBytes(2000));
    const deploying = type(['deploy', 'large']);
    await waitFor(
      'the upload',
      TIMEOUT_MS,
      async () => deploying.errors().includes('Publishing') || undefined,
    );
    deploying.process.kill('SIGINT');
    expect(await deploying.exitCode).toBe(130);
    expect(deploying.errors()).toMatch(/The upload is canceled; large stays as it was\.\n$/);
    expect((await run('list large -n 1')).output).toContain('○ canceled');
    expect((await offshoot.visit(addressOf('large'), '/1.bin')).status).toBe(404);
  });

  test('follows a deployment while the app is killed and started again: no line is missing, none comes twice', async () => {
    const { url } = git.createRepository('killed', slowSite(8, 'killed'));
    const deploying = type(['deploy', url]);
    await waitFor('its build', TIMEOUT_MS, async () => deploying.errors().includes('tick 5') || undefined);
    const app = processesWithEnvironment(offshoot.dataFolder).find(({ command }) =>
      command.includes('app/main.ts'),
    );
    process.kill(app?.pid ?? Number.NaN, 'SIGKILL');
    expect(await deploying.exitCode).toBe(0);
    const ticks = deploying
      .errors()
      .split('\n')
      .filter((line) => line.startsWith('tick '));
    expect(ticks).toEqual(Array.from({ length: 80 }, (_, tick) => `tick ${tick}`));
    expect(deploying.errors().match(/The connection is lost/g)).toHaveLength(1);
  });

  test('ends quietly when nobody reads any more', async () => {
    // Who reads a part may be slower than a whole log is written: nobody at all is gone for certain.
    const typed = type(['-c', 'set -o pipefail; offshoot logs slow | true'], {}, 'bash');
    expect(await typed.exitCode).toBe(141);
    expect(typed.errors()).toBe('');
  });

  describe.skipIf(!isLinux)('on a terminal', () => {
    test('shows colours, a heading for each phase, and at last what is left when the status is gone', async () => {
      const { shown, exitCode } = await runOnTerminal(
        'offshoot redeploy $(offshoot list shop --json -n 1 | sed \'s/.*"items":\\[{"id":"\\([a-z0-9]*\\)".*/\\1/\')',
      );
      expect(exitCode).toBe(0);
      for (const heading of ['Checkout', 'Install', 'Build', 'Publish'])
        expect(shown).toContain(`\u001B[1m${heading}\u001B[22m\r\n`);
      expect(shown).toContain('\u001B[32mgreen\u001B[0m and evil\u001B[0m\r\n');
      expect(shown.replaceAll(CLEAR_LINE, '<clear>')).toMatch(/<clear>. Building · \d/);
      expect(shown.replaceAll(ESCAPE, '<esc>')).toMatch(/<esc>\[32m✓ Ready in .*<esc>\[39m\r\n/);
      // Nothing of what the build wrote steers the terminal.
      for (const steering of ['\u001B]', '\u001B[2J', '\u0007']) expect(shown).not.toContain(steering);
      expect(screenOf(shown)).not.toMatch(/Building ·|⠋/);
    });

    test('shows no colours with NO_COLOR, and no status where the terminal can not', async () => {
      expect((await runOnTerminal('offshoot list shop', { NO_COLOR: '1' })).shown).not.toContain('\u001B');
      const dumb = await runOnTerminal('offshoot deploy --project shop', { TERM: 'dumb' });
      expect(dumb.shown).not.toContain('\u001B');
      expect((await run('list shop', { FORCE_COLOR: '1' })).output).toContain('\u001B[32m✓ ready');
    });

    test('shows how far an upload is', async () => {
      const { shown, exitCode } = await runOnTerminal('offshoot deploy large');
      expect(exitCode).toBe(0);
      expect(shown).toMatch(/Uploading [█░]{24} \d+ of \d+ files, [\d.]+ (?:KB|MB) of [\d.]+ MB/);
      expect((await offshoot.visit(addressOf('large'), '/1.bin')).status).toBe(200);
    });

    test('takes Ctrl-C from the keyboard once, though it reaches the shim too', async () => {
      const { url } = git.createRepository('typed', slowSite(60, 'typed'));
      const typed = spawn('script', ['-qfec', `offshoot deploy ${url}`, '/dev/null'], {
        cwd: path.join(folder, 'elsewhere'),
        env: environment(),
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let shown = '';
      typed.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk));
      const ended = once(typed, 'close');
      await waitFor('its build', TIMEOUT_MS, async () => shown.includes('tick 3') || undefined);
      typed.stdin.write('\u0003');
      expect((await ended)[0]).toBe(130);
      expect(shown).toContain('the deployment goes on');
      const [, id = ''] = /offshoot cancel ([a-z0-9]{20})/.exec(shown) ?? [];
      expect((await run(`cancel ${id}`)).exitCode).toBe(0);
    });
  });

  test.skipIf(!hasOpenssl)('reaches Offshoot over TLS, below a path of a reverse proxy', async () => {
    const proxy = await startReverseProxy('/deploy');
    const token = (await readFile(path.join(offshoot.dataFolder, 'token'), 'utf8')).trim();
    const env = { OFFSHOOT_URL: proxy.url, OFFSHOOT_TOKEN: token };
    try {
      const strange = await run('list', env);
      expect([strange.exitCode, strange.errors]).toEqual([
        3,
        expect.stringMatching(/certificate .*NODE_EXTRA_CA_CERTS/),
      ]);
      const trusting = { ...env, NODE_EXTRA_CA_CERTS: proxy.certificate };
      expect((await run('list', trusting)).output).toContain('shop');
      expect(await run('deploy blog/dist --quiet', trusting)).toMatchObject({
        exitCode: 0,
        output: `${addressOf('blog')}\n`,
      });
      const { output, exitCode } = await run('deploy --project shop', trusting);
      expect([output, exitCode]).toEqual([`${addressOf('shop')}\n`, 0]);
    } finally {
      await proxy.close();
    }
  });
});

/** What stands on a terminal at last: each line without what was cleared. */
function screenOf(shown: string): string {
  return shown
    .split('\r\n')
    .map((line) => line.split(CLEAR_LINE).at(-1))
    .join('\n');
}

/** As nginx would: TLS ends here, and the path is taken off. */
async function startReverseProxy(base: string) {
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  ];
  spawnSync('openssl', [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '1',
    ...options,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    (request, response) => {
      const { method, headers, url = '' } = request;
      if (!url.startsWith(`${base}/`)) return void response.writeHead(404).end('nothing here');
      const target = {
        host: '127.0.0.1',
        port: offshoot.appPort,
        method,
        path: url.slice(base.length),
        headers: { ...headers, host: 'localhost' },
      };
      const forwarded = requestHttp(target, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      request.pipe(forwarded);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}${base}`,
    certificate,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
