import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from '../machine/processes.ts';

const MAX_TAIL_BYTES = 2048;
/** What it wrote may arrive after its end; but a grandchild may hold the pipe open for ever. */
const LAST_WORDS_MS = 100;

/** A child process whose end is never missed. */
export interface ObservedProcess {
  readonly process: ChildProcess;
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves, when it is gone, with how it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  readonly isRunning: () => boolean;
  /** The end of what it wrote to standard error, or where to find that, as a paragraph; empty when it was nothing. */
  readonly lastWords: () => string;
  /** Kills it and its process group, now. */
  readonly kill: () => void;
}

export function observeProcess(child: ChildProcess): ObservedProcess {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_TAIL_BYTES);
  });
  // Writing to a process that is gone fails; that it is gone is told by its end.
  child.stdin?.on('error', () => {});
  let running = true;
  const ended = describeEnd(child).finally(() => {
    running = false;
  });
  return {
    process: child,
    pid: child.pid,
    ended,
    isRunning: () => running,
    lastWords: () => {
      if (child.stderr === null) return ' What it said stands above.';
      const words = tail.toString().trim();
      return words === '' ? '' : ` Its last words:\n${words.replaceAll(/^/gm, '  ')}`;
    },
    kill: () => {
      if (running) killGroup(child);
    },
  };
}

async function describeEnd(child: ChildProcess): Promise<string> {
  try {
    const closed = once(child, 'close').catch(() => {});
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    return signal === null ? `exit code ${code}` : `killed by ${signal}`;
  } catch (error) {
    return `it could not be started: ${(error as Error).message}`;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined && !sendSignal(-child.pid, 'SIGKILL')) child.kill('SIGKILL');
}
