import type { FailureReason } from '../contracts/phases.ts';
import { formatBytes, formatDuration } from '../publish/format.ts';
import type { CommandEnd } from './sandbox/command.ts';

export interface Explanation {
  readonly reason: FailureReason;
  readonly message: string;
}

/** Shells report a command that they could not find, or could not run, with these codes. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNAL_BASE = 128;

/**
 * Why a command of the user's failed the build, in words; undefined when it succeeded or was stopped by us.
 * `failed` is the reason for a command that ran and said no.
 */
export function explainEnd(
  command: string,
  end: CommandEnd,
  failed: 'install_failed' | 'build_failed',
): Explanation | undefined {
  const quoted = `The command "${shorten(command)}"`;
  switch (end.ended) {
    case 'stopped':
      return undefined;
    case 'timeout':
      return {
        reason: 'timeout',
        message: `${quoted} was ended after ${formatDuration(end.timeoutMs)}, its time limit. Make it faster, or ask the operator for a longer limit.`,
      };
    case 'out_of_memory':
      return {
        reason: 'out_of_memory',
        message: `${quoted} needed more memory than a build may have (${formatBytes(end.limitBytes)}). Make it use less (for example NODE_OPTIONS=--max-old-space-size), or ask the operator for more.`,
      };
    case 'limit_exceeded':
      return { reason: 'limit_exceeded', message: `${quoted} was ended. ${end.message}` };
    case 'not_started':
      return { reason: failed, message: `${quoted} did not start. ${end.message}` };
    case 'exited':
      return end.code === 0 ? undefined : { reason: failed, message: `${quoted} ${sayExit(end)}` };
  }
}

function sayExit({ code, signal }: CommandEnd & { ended: 'exited' }): string {
  if (code === NOT_FOUND)
    return 'ended with exit code 127: a program was not found. Add it to the dependencies, or correct the command.';
  if (code === NOT_EXECUTABLE)
    return 'ended with exit code 126: a file is not executable. Check its mode in Git.';
  if (code === null) return `was ended by the signal ${signal ?? 'unknown'}.`;
  const hint = code > SIGNAL_BASE ? ` (ended by signal ${code - SIGNAL_BASE})` : '';
  return `ended with exit code ${code}${hint}. Its last lines say why.`;
}

function shorten(command: string): string {
  const line = command.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
