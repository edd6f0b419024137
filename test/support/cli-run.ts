import { PassThrough, Writable } from 'node:stream';
import { Interrupted } from '../../cli/cli-error.ts';
import { run } from '../../cli/run.ts';
import type { System } from '../../cli/system.ts';

export interface CliRun {
  readonly exitCode: number;
  /** What went to standard output, and to standard error. */
  readonly output: string;
  readonly errors: string;
  /** Programs that were started: the command and its arguments. */
  readonly started: readonly (readonly string[])[];
}

export interface CliRunOptions {
  readonly env?: Record<string, string>;
  readonly workingFolder?: string;
  readonly homeFolder?: string;
  readonly repositoryFolder?: string;
  /** Whether somebody sits there: one terminal for input, results and words. */
  readonly isTerminal?: boolean;
  /** What is typed, or piped in. */
  readonly input?: string;
  readonly now?: number;
  readonly stop?: AbortSignal;
  readonly platform?: NodeJS.Platform;
}

/** Runs the command line in this process, on streams that are kept. */
export async function runCli(words: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const { isTerminal = false, input = '' } = options;
  const [output, errors] = [keepingStream(isTerminal), keepingStream(isTerminal)];
  const started: string[][] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: isTerminal });
  stdin.end(input);
  const system: System = {
    input: stdin,
    output: output.stream,
    errors: errors.stream,
    env: options.env ?? {},
    platform: options.platform ?? 'linux',
    workingFolder: options.workingFolder ?? '/nowhere',
    homeFolder: options.homeFolder ?? '/nowhere',
    repositoryFolder: options.repositoryFolder ?? '/nowhere',
    now: () => options.now ?? Date.now(),
    monotonicMs: () => performance.now(),
    random: Math.random,
    randomSecret: () => 'a secret of sixteen and more',
    stop: options.stop ?? new AbortController().signal,
    startProgram: async (command, args) => {
      started.push([command, ...args]);
      return true;
    },
    readProgram: async () => undefined,
  };
  const exitCode = await run(words, system, '1.2.3');
  return { exitCode, output: output.text(), errors: errors.text(), started };
}

/** What Ctrl-C does. */
export function interrupt(stop: AbortController): void {
  stop.abort(new Interrupted('SIGINT'));
}

function keepingStream(isTTY: boolean) {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 120 }), text: () => chunks.join('') };
}
