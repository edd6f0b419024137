import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer } from '../test/support/git-server.ts';
import type { GitServer } from '../test/support/git-server.ts';
import { checkout } from './checkout.ts';
import type { CheckoutOrder } from './checkout.ts';
import { pickGitEnvironment } from './run-git.ts';

const environment = pickGitEnvironment({ PATH: process.env['PATH'] });
let [folder, directory] = ['', ''];
let server: GitServer;

beforeAll(async () => {
  server = await startGitServer();
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offshoot-checkout-'));
  directory = join(folder, 'work');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function order(url: string, commit: string, more: Partial<CheckoutOrder> = {}): CheckoutOrder {
  const limits = { timeoutMs: 20_000, repositoryBytes: 10_000_000 };
  return { url, commit, ref: 'main', directory, allowLocal: true, environment, ...limits, ...more };
}

let count = 0;
function create(files: Parameters<GitServer['createRepository']>[1]) {
  count += 1;
  return server.createRepository(`repository-${count}`, files);
}

describe('an exact commit', () => {
  it('is written with its description, also when it is not the tip of a branch', async () => {
    const { repository, url, commit } = create({
      'index.html': 'one',
      'a/b.txt': 'b',
      run: { executable: '#!/bin/sh' },
    });
    repository.commit({ 'index.html': 'two' });
    const result = await checkout(order(url, commit));
    expect(result).toEqual({ ok: true, subject: 'First commit', author: 'Ada', warnings: [] });
    expect(readFileSync(join(directory, 'index.html'), 'utf8')).toBe('one');
    expect(lstatSync(join(directory, 'run')).mode & 0o111).not.toBe(0);
  });

  it('is refused when the repository does not have it (any more)', async () => {
    const { url } = create({ f: '1' });
    const result = await checkout(order(url, 'a'.repeat(40)));
    expect(result).toMatchObject({ ok: false, reason: 'clone_failed' });
    expect(result.ok || result.message).toContain('force-pushed');
  });

  it('is refused when it names a tree or a blob', async () => {
    const { repository, url } = create({ f: '1' });
    const tree = repository.writeFiles({ f: '1' });
    expect(await checkout(order(url, tree))).toMatchObject({ ok: false, reason: 'clone_failed' });
  });

  it('comes from a folder too, when local repositories are allowed', async () => {
    const { repository, commit } = create({ f: '1' });
    expect(await checkout(order(`file://${repository.directory}`, commit))).toMatchObject({ ok: true });
    rmSync(directory, { recursive: true });
    const refused = await checkout(order(`file://${repository.directory}`, commit, { allowLocal: false }));
    expect(refused).toMatchObject({ ok: false, reason: 'clone_failed' });
  });
});

describe('a server that hands out branches and tags only', () => {
  /** Without protocol v2 a commit that is no tip is refused: "unadvertised object". */
  const withoutV2 = (request: IncomingMessage) => {
    delete request.headers['git-protocol'];
    return false;
  };

  it.each([
    'main',
    '--upload-pack=touch',
    'a$(id)',
    '`id`',
    "';id;#",
    'ünïcode',
    'refs/heads/twice',
    'deep/er/name',
    null,
  ])('gives a commit that is no tip by its branch %s', async (ref) => {
    const old = await startGitServer({ intercept: withoutV2 });
    const { repository, url } = old.createRepository('site');
    const commit = repository.commit({ f: 'one' }, { branch: ref ?? 'any' });
    repository.commit({ f: 'two' }, { branch: ref ?? 'any' });
    expect(await checkout(order(url, commit, { ref }))).toMatchObject({ ok: true });
    expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('one');
    await old.close();
  });

  it('gives the commit of a tag', async () => {
    const old = await startGitServer({ intercept: withoutV2 });
    const { repository, url } = old.createRepository('site');
    const commit = repository.commit({ f: 'one' });
    repository.commit({ f: 'two' });
    repository.deleteBranch('main');
    repository.tag('v1', commit, 'annotated');
    expect(await checkout(order(url, commit, { ref: 'v1' }))).toMatchObject({ ok: true });
    await old.close();
  });

  it('gives a commit though it serves plain files only', async () => {
    const dumb = await startGitServer({
      intercept: (request) => {
        request.url = request.url?.replace(/\?.*/, '') ?? '';
        return false;
      },
    });
    const { repository, url, commit } = dumb.createRepository('site', { f: 'one' });
    repository.commit({ f: 'two' });
    execFileSync('git', ['update-server-info'], { cwd: repository.directory });
    expect(await checkout(order(url, commit))).toMatchObject({ ok: true });
    expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('one');
    await dumb.close();
  });
});

describe('credentials', () => {
  it('open the repository and stay out of the checkout', async () => {
    const locked = await startGitServer({ credentials: 'ada:s3cret:x' });
    const { url, commit } = locked.createRepository('site', { f: '1' });
    const withPassword = url.replace('//', '//ada:s3cret%3Ax@');
    expect(await checkout(order(withPassword, commit))).toMatchObject({ ok: true });
    expect(readFileSync(join(directory, '.git/config'), 'utf8')).not.toContain('s3cret');
    expect(readFileSync(join(directory, '.git/FETCH_HEAD'), 'utf8')).not.toContain('s3cret');
    rmSync(directory, { recursive: true });
    const refused = await checkout(order(url, commit));
    expect(refused).toMatchObject({ ok: false, reason: 'clone_failed' });
    expect(refused.ok || refused.message).toContain('user name and password');
    await locked.close();
  });

  it('are never sent for a submodule', async () => {
    const thief = await startGitServer();
    const stolen = thief.createRepository('thief', { loot: 'l' });
    const locked = await startGitServer({ credentials: 'ada:s3cret' });
    const { repository, url } = locked.createRepository('site');
    const commit = repository.commit({
      '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ${stolen.url}\n`,
      x: { submodule: stolen.commit },
    });
    expect(await checkout(order(url.replace('//', '//ada:s3cret@'), commit))).toMatchObject({ ok: true });
    expect(readFileSync(join(directory, 'x/loot'), 'utf8')).toBe('l');
    expect(thief.requests.length).toBeGreaterThan(0);
    expect(thief.requests.every((request) => request.authorization === undefined)).toBe(true);
    await Promise.all([thief.close(), locked.close()]);
  });
});

describe('submodules', () => {
  it('are fetched below each other, by relative URLs too', async () => {
    const inner = create({ deep: 'd' });
    const middle = create({
      '.gitmodules': `[submodule "i"]\n\tpath = lib/inner\n\turl = ../${inner.url.split('/').at(-1)}\n`,
      'lib/inner': { submodule: inner.commit },
    });
    const outer = create({
      '.gitmodules': `[submodule "m"]\n\tpath = m\n\turl = ${middle.url}\n\tupdate = !touch /tmp/pwned\n`,
      m: { submodule: middle.commit },
    });
    expect(await checkout(order(outer.url, outer.commit))).toMatchObject({ ok: true, warnings: [] });
    expect(readFileSync(join(directory, 'm/lib/inner/deep'), 'utf8')).toBe('d');
  });

  it.each(['ext::sh -c id', 'git@host:x', 'ssh://h/x', '--upload-pack=id', 'git://h/x', 'http://h/x'])(
    'with the URL %s are refused by name',
    async (url) => {
      const { commit, url: site } = create({
        '.gitmodules': `[submodule "x"]\n\tpath = "x"\n\turl = "${url}"\n`,
        x: { submodule: 'b'.repeat(40) },
      });
      const result = await checkout(
        order(site, commit, { lookup: () => Promise.reject(new Error('no network')) }),
      );
      expect(result).toMatchObject({ ok: false, reason: 'clone_failed' });
    },
  );

  it('without a URL leave an empty folder and a warning', async () => {
    const { commit, url } = create({ x: { submodule: 'b'.repeat(40) }, f: '1' });
    const result = await checkout(order(url, commit));
    expect(result).toMatchObject({ ok: true, warnings: [expect.stringContaining('"x" has no URL')] });
  });

  it('that contain themselves end at the limit of depth', async () => {
    const { repository, url } = create({ f: '1' });
    const gitmodules = `[submodule "x"]\n\tpath = x\n\turl = ${url}\n`;
    let commit = repository.commit({ f: '1' });
    for (let depth = 0; depth < 6; depth += 1) {
      commit = repository.commit({ '.gitmodules': gitmodules, x: { submodule: commit } });
    }
    expect(await checkout(order(url, commit))).toMatchObject({ ok: false, reason: 'limit_exceeded' });
  });
});

describe('hostile trees', () => {
  it.each([
    ['.git', 'hooks'],
    ['.GIT', 'hooks'],
    ['git~1', 'hooks'],
    ['.g\u200cit', 'hooks'],
    ['..', 'escaped'],
    ['../escaped', undefined],
    ['.git/config', undefined],
  ])('with an entry named %s write nothing outside or into .git', async (name, below) => {
    const { repository, url } = create({ f: '1' });
    const blob = repository.writeBlob('#!/bin/sh\ntouch /tmp/pwned\n');
    const inner =
      below === undefined ? blob : repository.writeTree([{ mode: '100755', name: below, sha: blob }]);
    const mode = below === undefined ? '100755' : '40000';
    const commit = repository.commitTree(repository.writeTree([{ mode, name, sha: inner }]));
    expect(await checkout(order(url, commit))).toMatchObject({ ok: false, reason: 'clone_failed' });
    expect(readdirSync(folder)).toEqual(['work']);
    expect(existsSync(join(directory, '.git/hooks/hooks'))).toBe(false);
  });

  it('with a symlink and a folder of one name write nothing through the link', async () => {
    const { repository, url } = create({ f: '1' });
    const link = repository.writeBlob('/tmp');
    const inside = repository.writeTree([{ mode: '100644', name: 'offshoot-pwned', sha: link }]);
    const tree = repository.writeTree([
      { mode: '120000', name: 'a', sha: link },
      { mode: '40000', name: 'a', sha: inside },
    ]);
    await checkout(order(url, repository.commitTree(tree)));
    expect(existsSync('/tmp/offshoot-pwned')).toBe(false);
  });

  it('with a submodule below a symlink do not fetch it elsewhere', async () => {
    const other = create({ loot: '1' });
    const { repository, url } = create({ f: '1' });
    const link = repository.writeBlob(folder);
    const inside = repository.writeTree([{ mode: '160000', name: 'escaped', sha: other.commit }]);
    const modules = repository.writeBlob(`[submodule "x"]\n\tpath = a/escaped\n\turl = ${other.url}\n`);
    const tree = repository.writeTree([
      { mode: '100644', name: '.gitmodules', sha: modules },
      { mode: '120000', name: 'a', sha: link },
      { mode: '40000', name: 'a', sha: inside },
    ]);
    await checkout(order(url, repository.commitTree(tree)));
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
  });

  it('that unfold to billions of files are refused before one is written', async () => {
    const { repository, url } = create({ f: '1' });
    let tree = repository.writeTree([
      { mode: '100644', name: 'f', sha: repository.writeBlob('x'.repeat(100)) },
    ]);
    for (let level = 0; level < 9; level += 1) {
      tree = repository.writeTree(
        Array.from({ length: 10 }, (_, index) => ({ mode: '40000', name: `d${index}`, sha: tree })),
      );
    }
    const result = await checkout(order(url, repository.commitTree(tree)));
    expect(result).toMatchObject({ ok: false, reason: 'limit_exceeded' });
    expect(readdirSync(directory)).toEqual(['.git']);
  });

  it('run no filter and no hook', async () => {
    const { url, commit } = create({
      '.gitattributes': '* filter=evil diff=evil merge=evil\n*.bin filter=lfs\n',
      'a.txt': 'a',
      '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1\n',
    });
    expect(await checkout(order(url, commit))).toMatchObject({ ok: true });
    expect(readFileSync(join(directory, 'a.txt'), 'utf8')).toBe('a');
    expect(existsSync(join(directory, '.git/hooks'))).toBe(false);
  });
});

describe('what people should know', () => {
  it('names LFS pointers and symlinks that lead out', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
    const { url, commit } = create({
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      'a/big.bin': pointer,
      out: { symlink: '../../etc/passwd' },
      fine: { symlink: 'a/big.bin' },
    });
    const result = await checkout(order(url, commit));
    expect(result).toMatchObject({ ok: true });
    const warnings = result.ok ? result.warnings : [];
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('"a/big.bin"');
    expect(warnings[1]).toContain('"out"');
    expect(warnings[1]).not.toContain('"fine"');
    expect(readFileSync(join(directory, 'a/big.bin'), 'utf8')).toBe(pointer);
  });
});

describe('limits', () => {
  it('end a fetch that is too big', async () => {
    const { url, commit } = create({ f: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))) });
    const result = await checkout(order(url, commit, { repositoryBytes: 50_000 }));
    expect(result).toMatchObject({ ok: false, reason: 'limit_exceeded' });
  });

  it('end a small pack that unfolds to a big file', async () => {
    const { url, commit } = create({ zeros: Buffer.alloc(5_000_000) });
    const result = await checkout(order(url, commit, { repositoryBytes: 1_000_000 }));
    expect(result).toMatchObject({ ok: false, reason: 'limit_exceeded' });
    expect(existsSync(join(directory, 'zeros'))).toBe(false);
  });

  it('end a server that never answers, and a cancel ends it at once', async () => {
    const hanging = await startGitServer({ intercept: (request) => request.method === 'POST' });
    const { url, commit } = hanging.createRepository('site', { f: '1' });
    const timedOut = await checkout(order(url, commit, { timeoutMs: 700 }));
    expect(timedOut).toMatchObject({ ok: false, reason: 'timeout' });
    const canceled = await checkout(order(url, commit, { signal: AbortSignal.timeout(500) }));
    expect(canceled).toMatchObject({ ok: false, reason: 'canceled' });
    await hanging.close();
  });

  it('report progress as it comes', async () => {
    const { url, commit } = create({ f: '1' });
    let output = '';
    await checkout(order(url, commit, { onOutput: (chunk) => (output += chunk.toString()) }));
    expect(output).toContain('remote: Counting objects');
  });
});

it.runIf(process.getuid?.() === 0)('works as another user in a folder of that user', async () => {
  const { chownSync, mkdirSync, chmodSync } = await import('node:fs');
  chmodSync(folder, 0o755);
  const [user, again] = [{ uid: 65534, gid: 65534 }, join(folder, 'again')];
  for (const each of [directory, again]) {
    mkdirSync(each);
    chownSync(each, user.uid, user.gid);
  }
  const { repository, url, commit } = create({ f: '1' });
  expect(await checkout(order(url, commit, { user }))).toMatchObject({ ok: true });
  expect(lstatSync(join(directory, 'f')).uid).toBe(65534);

  // The server's folder, such as root's home, is closed to others.
  const local = await checkout(order(`file://${repository.directory}`, commit, { user, directory: again }));
  expect(local).toMatchObject({ ok: false, reason: 'clone_failed' });
  expect(local.ok || local.message).toContain('user that builds run as');
});
