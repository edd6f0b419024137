import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type InputStream = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
};
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command can see and touch of the machine and the person: main.ts gives the real one. */
export interface System {
  readonly input: InputStream;
  /** What was asked for: a program may read it. */
  readonly output: OutputStream;
  /** What people are told meanwhile, and why something failed. */
  readonly errors: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly workingFolder: string;
  readonly homeFolder: string;
  /** Where Offshoot itself stands. */
  readonly repositoryFolder: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Characters that nobody can guess. */
  readonly randomSecret: () => string;
  /** Aborted, with Interrupted as its reason, when we are told to stop. */
  readonly stop: AbortSignal;
  /** Starts a program that goes on without us; false when there is none of that name. */
  readonly startProgram: (command: string, args: readonly string[]) => Promise<boolean>;
  /** What a program that ends soon writes; undefined when it is not there, fails, or takes too long. */
  readonly readProgram: (command: string, args: readonly string[]) => Promise<string | undefined>;
}
