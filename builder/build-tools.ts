import type { BuildSettings } from '../contracts/build-spec.ts';
import type { FailureReason } from '../contracts/phases.ts';

/**
 * What run-build.ts needs from the rooms beside it (git, detect, toolchain, sandbox). main.ts wires the real
 * ones. Every tool stops early, and leaves nothing running, when its signal is aborted.
 */
export interface BuildTools {
  /** Fetches the commit into `folder`. */
  checkout(order: CheckoutOrder): Promise<ToolResult<CheckedOut>>;
  /** Reads offshoot.json and the repository, and decides what will be run. */
  plan(order: { readonly folder: string; readonly settings: BuildSettings }): Promise<ToolResult<BuildPlan>>;
  /** Makes Node and the package manager ready; returns variables that the commands need (PATH, …). */
  prepareToolchain(
    plan: BuildPlan,
    signal: AbortSignal,
  ): Promise<ToolResult<{ readonly environment: Readonly<Record<string, string>> }>>;
  /** Runs one command of the user, and returns once nothing that it started is left. */
  runCommand(command: UserCommand): Promise<CommandEnd>;
}

/** A failure tells people what went wrong, where, and what to do. */
export type ToolResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: FailureReason; readonly message: string };

export interface CheckoutOrder {
  /** An empty folder that exists. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: OnOutput;
}

export interface CheckedOut {
  /** One sentence each, for the log (LFS pointers, submodules that were left out). */
  readonly warnings: readonly string[];
}

export interface BuildPlan {
  /** Absolute: where the commands run. */
  readonly rootFolder: string;
  /** Absolute: what is published. */
  readonly outputFolder: string;
  /** Undefined: the phase is skipped. */
  readonly installCommand: string | undefined;
  readonly buildCommand: string | undefined;
  readonly framework: string | undefined;
  /** One sentence each, for the log: package manager and why, framework found, keys ignored. */
  readonly notes: readonly string[];
}

export interface UserCommand {
  /** A line for the shell, as the user wrote it. */
  readonly command: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: OnOutput;
}

/** Takes bytes of a command. A promise means: read no more of this command until it resolves. */
export type OnOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => Promise<void> | undefined;

/** How a command ended. `limit` names what was too much ("its work folder holds more than 4 GB"). */
export type CommandEnd =
  | { readonly end: 'exited'; readonly exitCode: number }
  | { readonly end: 'signaled'; readonly signal: string }
  | { readonly end: 'timeout' }
  | { readonly end: 'out_of_memory' }
  | { readonly end: 'limit_exceeded'; readonly limit: string }
  | { readonly end: 'stopped' };
