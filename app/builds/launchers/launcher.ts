/** What starts a builder. test/support/launcher-contract.ts says what each kind must keep. */
export interface Launcher {
  readonly name: string;
  /** Starts a builder for this attempt. Asking twice with the same attempt id starts one builder. */
  launch(order: LaunchOrder): Promise<LaunchResult>;
  /** What became of it. `unknown` when this process can't tell (another machine's): the lease decides. */
  inspect(handle: LaunchHandle): Promise<'running' | 'gone' | 'unknown'>;
  /** Whether its builder reports to this app process, and can't go on when this one ends. */
  isOurs(handle: LaunchHandle): boolean;
  /** Ends the builder and everything that it started; resolves when nothing is left. Idempotent. */
  stop(handle: LaunchHandle, grace: 'release' | 'kill'): Promise<void>;
}

export interface LaunchOrder {
  readonly attemptId: string;
  readonly token: string;
}

/** Kept in the attempt's row as JSON. */
export type LaunchHandle = Record<string, unknown>;

export type LaunchResult =
  | { readonly launched: true; readonly handle: LaunchHandle }
  | { readonly launched: false; readonly message: string };
