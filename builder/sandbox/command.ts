import type { WorkFolder } from './sandbox.ts';

/** A command of the user's, and everything that bounds it. */
export interface CommandOrder {
  /** The user's own string, which runs as `/bin/sh -c <command>`; or arguments of ours, which no shell reads. */
  readonly command: string | readonly string[];
  readonly folder: WorkFolder;
  /** Where it starts, relative to `folder.source`; '' is the repository's root. Must be a real folder inside it. */
  readonly workingDirectory: string;
  /** The spec's variables; PATH, HOME and TMPDIR are not theirs to set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The builder's own environment, of which only names in PASSED_THROUGH reach the command. */
  readonly builderEnvironment: Readonly<Record<string, string | undefined>>;
  readonly toolchain: CommandToolchain;
  /** What openPackageCache returned, or null. */
  readonly cache: CommandCache | null;
  readonly limits: CommandLimits;
  /**
   * Gets the output as it comes. The command's pipe is not read while the promise is pending, so a slow reader
   * slows the command down instead of filling the memory.
   */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void | Promise<void>;
  /** Aborting ends the command at once. */
  readonly signal: AbortSignal;
}

/** What a Toolchain (builder/toolchain) offers to a command. */
export interface CommandToolchain {
  /** Mounted read-only in the sandbox. */
  readonly folder: string;
  /** Folders with executables, relative to `folder`, in the order of PATH. */
  readonly binFolders: readonly string[];
}

/** The package download cache of a build. */
export interface CommandCache {
  /** Readable and writable for the command. */
  readonly folder: string;
  /** Another cache, shown read-only at INSIDE.cacheSource, that `folder` may be filled from; in bubblewrap only. */
  readonly copyFrom: string | null;
  /** Environment variables that name a path inside `folder`: the package manager's own words for its cache. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface CommandLimits {
  readonly timeoutMs: number;
  /** Sum over all processes of the command. */
  readonly memoryBytes: number;
  /** Processes and their threads. */
  readonly processes: number;
  /** Of the whole work folder: sources, dependencies, home and temporary files. */
  readonly diskBytes: number;
}

/** How a command ended. When it is told, nothing that the command started is alive, save `survivors`. */
export type CommandResult = CommandEnd & {
  /** Processes that the kernel would not end (waiting for a device); 0 but for broken machines. */
  readonly survivors: number;
};

export type CommandEnd =
  /** `code` is null when a signal ended it; shells and bubblewrap report 128 + n instead. */
  | { readonly ended: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly ended: 'timeout'; readonly timeoutMs: number }
  | { readonly ended: 'out_of_memory'; readonly limitBytes: number; readonly usedBytes: number }
  | {
      readonly ended: 'limit_exceeded';
      readonly which: 'disk' | 'processes';
      readonly limit: number;
      readonly used: number;
      /** One sentence for people. */
      readonly message: string;
    }
  | { readonly ended: 'stopped' }
  /** The machine could not start it (a missing tool, a folder that its user can't enter). */
  | { readonly ended: 'not_started'; readonly message: string };
