import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** The end of stderr that is kept for messages. */
const STDERR_TAIL_BYTES = 8 * 1024;
/** A transfer that moves nothing for this long has died, even if nobody is left to kill it. */
const STALLED_SECONDS = 60;

export type GitConfig = readonly (readonly [key: string, value: string])[];

export interface GitRun {
  /** Arguments after `git`; what comes from outside stands behind `--end-of-options` or is validated. */
  readonly args: readonly string[];
  readonly cwd?: string;
  /** From pickGitEnvironment: nothing else of the parent's environment reaches Git. */
  readonly environment: Readonly<Record<string, string>>;
  /** Goes by environment variables, so credentials in it are in no command line and in no file. */
  readonly config?: GitConfig;
  /** Allows file:// remotes. */
  readonly allowLocal: boolean;
  /** Git and all that it started are killed when it aborts. Every caller bounds the time with it. */
  readonly signal: AbortSignal;
  /** More standard output than this ends the run with `output_limit`. */
  readonly maxOutputBytes: number;
  /** Takes standard output as it comes; then the result's `stdout` stays empty. */
  readonly onStdout?: (chunk: Buffer) => void;
  /** Progress and messages, raw: lines end with \r or \n. */
  readonly onStderr?: (chunk: Buffer) => void;
  /** Runs Git as another user (needs root). */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export type GitResult =
  | { readonly ok: true; readonly stdout: string }
  | {
      readonly ok: false;
      readonly reason: 'failed' | 'aborted' | 'output_limit' | 'not_installed';
      /** The end of what Git said on stderr. */
      readonly stderr: string;
    };

/** Variables that Git needs from the machine: where programs and certificate authorities are. */
const INHERITED = ['PATH', 'TMPDIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
const PROXIES = [
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
];

/** The part of an environment that the functions of this folder use; main.ts calls it on its own. */
export function pickGitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const picked = [...INHERITED, ...PROXIES].map((name) => [name, env[name]] as const);
  return Object.fromEntries(picked.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/**
 * For file:// remotes: the serving side is a Git of its own, which forgets our configuration and would refuse a
 * repository of another user. The operator has allowed local repositories, so it is told not to.
 */
export const LOCAL_UPLOAD_PACK = ["--upload-pack=git -c 'safe.directory=*' upload-pack"];

/** Runs Git cut off from the machine's configuration, hooks, helpers and prompts. Never throws. */
export async function runGit(run: GitRun): Promise<GitResult> {
  if (run.signal.aborted) return { ok: false, reason: 'aborted', stderr: '' };
  const child = spawn('git', run.args, {
    cwd: run.cwd,
    env: environmentOf(run),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own process group, so that its helpers die with it
    ...run.user,
  });
  return await collect(child, run);
}

/** What every run gets on top of a scrubbed environment. A function, so that tests can hold it to its word. */
export function environmentOf(
  run: Pick<GitRun, 'environment' | 'config' | 'allowLocal'>,
): Record<string, string> {
  const config = [...SAFE_CONFIG, ...(run.config ?? [])];
  const pairs = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const inherited = Object.entries(run.environment).filter(([name]) => INHERITED.includes(name));
  return {
    ...Object.fromEntries(inherited),
    ...SAFE_ENVIRONMENT,
    GIT_ALLOW_PROTOCOL: run.allowLocal ? 'https:http:file' : 'https:http',
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(pairs),
  };
}

const SAFE_ENVIRONMENT = {
  LC_ALL: 'C', // messages are read by explainGitFailure
  HOME: '/nonexistent', // no .netrc, no .config/git
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  GIT_PAGER: 'cat',
  GIT_EDITOR: ':',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
};

const SAFE_CONFIG: GitConfig = [
  ['safe.directory', '*'], // the folder may belong to the build's user
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.protectNTFS', 'true'],
  ['core.protectHFS', 'true'],
  ['core.symlinks', 'true'],
  ['core.autocrlf', 'false'],
  ['core.sshCommand', 'false'],
  ['core.bigFileThreshold', '16m'], // bigger blobs are streamed, not held in memory
  ['credential.helper', ''],
  ['filter.lfs.smudge', ''],
  ['filter.lfs.process', ''],
  ['filter.lfs.required', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.unpackLimit', '1'], // one pack instead of many loose files
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['http.followRedirects', 'false'], // resolve-remote.ts follows and checks them
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', String(STALLED_SECONDS)],
];

function collect(child: ChildProcess, run: GitRun): Promise<GitResult> {
  const stdout: Buffer[] = [];
  let [bytes, stderr] = [0, Buffer.alloc(0)];
  let reason: 'aborted' | 'output_limit' | 'not_installed' | undefined;
  const stop = (why: 'aborted' | 'output_limit') => {
    reason ??= why;
    killGroup(child);
  };
  const onAbort = () => stop('aborted');
  run.signal.addEventListener('abort', onAbort, { once: true });
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > run.maxOutputBytes) return stop('output_limit');
    if (run.onStdout) run.onStdout(chunk);
    else stdout.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-STDERR_TAIL_BYTES);
    run.onStderr?.(chunk);
  });
  return new Promise((resolve) => {
    child.once('error', () => (reason ??= 'not_installed'));
    child.once('close', (code) => {
      run.signal.removeEventListener('abort', onAbort);
      if (code === 0 && reason === undefined)
        return resolve({ ok: true, stdout: Buffer.concat(stdout).toString() });
      resolve({ ok: false, reason: reason ?? 'failed', stderr: stderr.toString() });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
