import type { CommitWords } from '../contracts/build-report.ts';
import type { FailureReason } from '../contracts/phases.ts';
import type { BuildPlan } from './detect/detect-build.ts';
import type { CommandCache, CommandEnd, CommandToolchain } from './sandbox/command.ts';

/**
 * What run-build.ts needs from the rooms beside it (git, detect, toolchain, sandbox); connect-tools.ts wires the
 * real ones. Every tool stops early, and leaves nothing running, when the signal that it gets is aborted.
 */
export interface BuildTools {
  /** Makes the work folder hold the commit. */
  checkout(order: { readonly signal: AbortSignal; readonly onOutput: OnOutput }): Promise<Step<CheckedOut>>;
  /** Reads offshoot.json and the repository, and decides what will be run. */
  plan(): Promise<Step<BuildPlan>>;
  /** Makes Node, the package manager and its cache ready. */
  prepareToolchain(plan: BuildPlan, signal: AbortSignal): Promise<Step<Toolchain>>;
  /** Runs one command of the user, and returns once nothing that it started is left. */
  runCommand(command: UserCommand): Promise<CommandEnd>;
  /** Finds, after the build, what will be published. */
  findOutput(plan: BuildPlan): Promise<Step<OutputFolders>>;
}

/** What a step gives, or why the build has failed: what went wrong, where, what to do. */
export type Step<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: FailureReason; readonly message: string };

interface CheckedOut {
  readonly commit: CommitWords;
  /** Sentences for the log. */
  readonly notes: readonly string[];
}

/** Takes bytes of a command. A promise means: read no more of this command until it resolves. */
type OnOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => Promise<void> | undefined;

export interface Toolchain {
  readonly toolchain: CommandToolchain;
  readonly cache: CommandCache | null;
  /** Sentences for the log. */
  readonly notes: readonly string[];
}

export interface UserCommand {
  /** A line for the shell, as the user wrote it. */
  readonly command: string;
  /** Relative to the repository. */
  readonly workingDirectory: string;
  readonly toolchain: Toolchain;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: OnOutput;
}

interface OutputFolders {
  /** Absolute: the checkout, in which the output must lie. */
  readonly sourceFolder: string;
  /** Absolute: what is published. */
  readonly outputFolder: string;
}
