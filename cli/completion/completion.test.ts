import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom, TOKEN } from '../../test/support/api-room.ts';
import { waitFor } from '../../test/support/offshoot.ts';

const BIN = path.join(import.meta.dirname, '../offshoot.mjs');
const TIMEOUT_MS = 60_000;
const SHELL_TIMEOUT_MS = 25_000;
const hasZsh = isInstalled('zsh');
const hasFish = isInstalled('fish');
const hasScript = process.platform === 'linux' && isInstalled('script');

let room: ApiRoom;
let folder: string;
let deploymentId: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  room = await openApiRoom();
  for (const name of ['shop', 'shopping', 'blog'])
    await room.client.call('POST', '/api/projects', { json: { name } });
  const { body } = await room.client.call<{ deployment: { id: string } }>(
    'POST',
    '/api/projects/shop/uploads',
  );
  deploymentId = body.deployment.id;
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-completion-'));
  for (const name of ['bin', 'here/dist', 'here/docs'])
    await mkdir(path.join(folder, name), { recursive: true });
  await symlink(BIN, path.join(folder, 'bin/offshoot'));
  env = {
    PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}`,
    HOME: folder,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    OFFSHOOT_URL: `http://localhost:${room.server.port}`,
    OFFSHOOT_TOKEN: TOKEN,
  };
}, TIMEOUT_MS);
afterAll(async () => {
  await room.dispose();
  await rm(folder, { recursive: true, force: true });
});

function isInstalled(command: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  if (!isThere) console.warn(`${command} is not installed: its completion is not tested`);
  return isThere;
}

/** Not synchronous: the app that the shells ask is in this process. */
async function runShell(command: string, ...args: string[]): Promise<string> {
  const shell = spawn(command, args, {
    cwd: path.join(folder, 'here'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text(shell.stdout);
}

/**
 * Types into a shell on a terminal: first what sets completion up, then a line and the Tab key, then keys that make the
 * shell show the line as it is by then. Returns that line. No clock is asked: a shell reads what was typed meanwhile
 * when it has completed.
 */
async function pressTab(shell: string, setUp: string, line: string): Promise<string> {
  const cwd = path.join(folder, 'here');
  const terminal = spawn('script', ['-qfec', shell, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(terminal, 'exit');
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk));
  const wait = (what: RegExp) =>
    waitFor(String(what), SHELL_TIMEOUT_MS, async () => what.exec(shown) ?? undefined).catch(
      (error: unknown) => {
        throw new Error(`the terminal shows ${JSON.stringify(shown)}`, { cause: error });
      },
    );
  try {
    // What is typed is shown too, so the prompt is not typed as it is.
    terminal.stdin.write(`${setUp}; PS1='RE''ADY> '\r`);
    await wait(/READY> /);
    terminal.stdin.write(`${line}\t\u0001echo "[[\u0005]]"\r`);
    const [, completed = ''] = await wait(/[\r\n]\[\[(.*?)\]\]/);
    return completed.trim();
  } finally {
    terminal.stdin.end('exit\r');
    await ended;
  }
}

interface Case {
  readonly line: string;
  readonly words: () => readonly string[];
}
const CASES: readonly Case[] = [
  { line: 'offshoot lo', words: () => ['login', 'logout', 'logs'] },
  { line: 'offshoot logs sho', words: () => ['shop', 'shopping'] },
  { line: 'offshoot deploy --pro', words: () => ['--project', '--production-branch'] },
  { line: 'offshoot deploy --project b', words: () => ['blog'] },
  { line: 'offshoot deploy -p b', words: () => ['blog'] },
  { line: 'offshoot completion f', words: () => ['fish'] },
  { line: 'offshoot list shop --status fa', words: () => ['failed'] },
  { line: 'offshoot rollback ', words: () => [deploymentId] },
  { line: 'offshoot help promo', words: () => ['promote'] },
];

describe('completion in bash', { timeout: TIMEOUT_MS }, () => {
  async function complete(line: string): Promise<string[]> {
    const words = line.split(' ');
    const script = `eval "$(offshoot completion bash)"
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _offshoot; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await runShell('bash', '--norc', '--noprofile', '-c', script)).trim().split('\n');
  }

  it.each(CASES)('of $line', async ({ line, words }) => {
    expect((await complete(line)).toSorted()).toEqual(words().toSorted());
  });

  it('of folders alone, where a folder is meant', async () => {
    expect(await complete('offshoot deploy ./d')).toEqual(['./dist', './docs']);
  });

  it('of a value that nobody knows is nothing', async () => {
    expect(await complete('offshoot deploy --name ')).toEqual(['']);
  });

  it.skipIf(!hasScript)('by the Tab key', async () => {
    const setUp = 'eval "$(offshoot completion bash)"';
    const line = await pressTab('bash --norc --noprofile -i', setUp, 'offshoot logs shopp');
    expect(line).toBe('offshoot logs shopping');
  });
});

describe.skipIf(!hasZsh || !hasScript)('completion in zsh', { timeout: TIMEOUT_MS }, () => {
  const SET_UP = 'autoload -U compinit && compinit -u -D && eval "$(offshoot completion zsh)"';

  it.each([
    ['offshoot logs shopp', 'offshoot logs shopping'],
    ['offshoot deploy --proj', 'offshoot deploy --project'],
    ['offshoot deploy --project bl', 'offshoot deploy --project blog'],
    ['offshoot prom', 'offshoot promote'],
    ['offshoot deploy ./di', 'offshoot deploy ./dist'],
    ['offshoot completion fi', 'offshoot completion fish'],
  ])('of %s by the Tab key', async (line, expected) => {
    expect(await pressTab('zsh -f -i', SET_UP, line)).toBe(expected);
  });

  it('is a function that can stand in a folder of $fpath', async () => {
    const script =
      'mkdir -p ~/functions && offshoot completion zsh > ~/functions/_offshoot && fpath=(~/functions $fpath) && autoload -U compinit && compinit -u -D && print $_comps[offshoot]';
    expect(await runShell('zsh', '-f', '-c', script)).toBe('_offshoot\n');
  });
});

describe.skipIf(!hasFish)('completion in fish', { timeout: TIMEOUT_MS }, () => {
  async function complete(line: string): Promise<string[]> {
    const script = `offshoot completion fish | source; complete -C '${line}'`;
    const lines = (await runShell('fish', '--no-config', '-c', script)).trim().split('\n');
    return lines.map((each) => each.split('\t')[0] ?? '');
  }

  it.each(CASES)('of $line', async ({ line, words }) => {
    expect((await complete(line)).toSorted()).toEqual(words().toSorted());
  });

  it('of folders', async () => {
    expect(await complete('offshoot deploy ./d')).toEqual(['./dist/', './docs/']);
  });
});
