import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The Node that the machine has, whichever: not the pinned one of node_modules. */
const own = (process.env['PATH'] ?? '').split(':').filter((each) => !each.includes('node_modules'));
const otherNode =
  spawnSync('sh', ['-c', 'command -v node'], { env: { PATH: own.join(':') } })
    .stdout.toString()
    .trim() || process.execPath;

let folder: string;
let shim: string;

/** A clone with the shim alone, a program in place of the command line, and the pinned Node. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-shim-'));
  for (const name of ['cli', 'node_modules/node/bin'])
    await mkdir(path.join(folder, name), { recursive: true });
  shim = path.join(folder, 'cli/offshoot.mjs');
  await copyFile(path.join(import.meta.dirname, 'offshoot.mjs'), shim);
  await symlink(process.execPath, path.join(folder, 'node_modules/node/bin/node'));
  await program('process.stdout.write(JSON.stringify(process.argv.slice(2)))');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = (source: string) =>
  writeFile(path.join(folder, 'cli/main.ts'), `const typed: unknown = 1;\n${source}`);

async function run(node: string, args: readonly string[] = [], input = '') {
  const child = spawn(node, [shim, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { output, errors, code: code as number | null };
}

describe.each([
  ['the pinned Node itself', process.execPath],
  ['the machine’s own Node', otherNode],
])('the shim, started by %s', (_, node) => {
  it('runs the program with the same words', async () => {
    const args = ['deploy', '--name', 'two words', ''];
    expect(await run(node, args)).toEqual({ output: JSON.stringify(args), errors: '', code: 0 });
  });

  it('is found through links', async () => {
    const link = path.join(folder, 'offshoot');
    await symlink(shim, link);
    shim = link;
    expect((await run(node, ['x'])).output).toBe('["x"]');
  });

  it('hands over input, both outputs and the exit code', async () => {
    await program('process.stdin.pipe(process.stdout); console.error("word"); process.exitCode = 7;');
    expect(await run(node, [], 'input')).toEqual({ output: 'input', errors: 'word\n', code: 7 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on, and waits for the end', async (signal) => {
    await program(`
      process.on('${signal}', () => setTimeout(() => { console.log('ended in order'); process.exit(9); }, 100));
      console.log('ready'); setInterval(() => {}, 1000);`);
    const child = spawn(node, [shim], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = [text(child.stdout), await once(child.stdout, 'readable')];
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([9, null]);
    expect(await output).toBe('ready\nended in order\n');
  });
});

describe('the shim', () => {
  it('says what shells say when the program was killed', async () => {
    await program("process.kill(process.pid, 'SIGKILL')");
    expect((await run(otherNode)).code).toBe(137);
  });

  it('says what to do when the pinned Node is not there', async () => {
    await rm(path.join(folder, 'node_modules'), { recursive: true });
    const { errors, code } = await run(process.execPath);
    expect(code).toBe(1);
    expect(errors).toContain(`run \`npm ci\` in ${folder}`);
    expect(errors).toContain('npm rebuild node');
  });
});
