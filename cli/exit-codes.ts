/** How a command can end. docs/cli.md has the same table; a test compares them. */
export const EXIT_CODES = {
  ok: 0,
  /** A deployment failed, or the server refused. */
  failed: 1,
  /** The command is not one that can be understood. */
  usage: 2,
  /** No answer from a server that can be used. */
  unreachable: 3,
  /** No token, or not the server's. */
  notSignedIn: 4,
  /** A bug of ours: EX_SOFTWARE of sysexits.h. */
  bug: 70,
} as const;

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type StopSignal = keyof typeof SIGNAL_NUMBERS;
export const STOP_SIGNALS = Object.keys(SIGNAL_NUMBERS) as StopSignal[];
/** Whoever read our output went away, as with `| head`: what shells say of a program that SIGPIPE ended. */
export const BROKEN_PIPE = 141;

/** What shells say of a program that a signal ended: Ctrl-C is 130. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + SIGNAL_NUMBERS[signal];
}
