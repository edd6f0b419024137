import type { ApiClient } from '../server/api-client.ts';
import type { Printer } from '../output/printer.ts';
import type { System } from '../system.ts';

/** What a word on the command line can be, for completion. */
export type Completion = 'project' | 'deployment' | 'project-or-deployment' | 'folder' | readonly string[];

export interface Positional {
  readonly name: string;
  readonly isRequired: boolean;
  readonly about: string;
  readonly completion?: Completion;
}

export interface CommandOption {
  /** `branch` for `--branch`; `no-wait` for a flag that takes something away. */
  readonly name: string;
  readonly short?: string;
  /** What its value is called; none for a flag. */
  readonly value?: string;
  readonly about: string;
  readonly completion?: Completion;
}

export interface Example {
  readonly command: string;
  readonly about: string;
}

/** What was typed behind a command's name. */
export interface Call {
  readonly positionals: readonly string[];
  /** The value of an option; undefined when it was not given. */
  readonly text: (name: string) => string | undefined;
  readonly isSet: (name: string) => boolean;
}

/** What a command works with. */
export interface Session {
  readonly system: System;
  readonly printer: Printer;
  /** The server that is meant. Throws CliError when nobody says which, or there is no token for it. */
  readonly connect: () => Promise<ApiClient>;
  /** --url and --token. */
  readonly flags: { readonly url?: string | undefined; readonly token?: string | undefined };
}

/** A command as data: what parses, explains and completes it, and what it does. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** A line in the list of commands. */
  readonly about: string;
  /** What its own help says besides. */
  readonly details?: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly CommandOption[];
  readonly examples: readonly Example[];
  /** For scripts of ours, not for people. */
  readonly isHidden?: true;
  /** Returns the exit code, or throws CliError. */
  readonly run: (call: Call, session: Session) => Promise<number>;
}
