import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Whom a program runs as. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What a keeper runs, and how it stops it. */
export interface KeeperOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Null for ourselves. */
  readonly user: User | null;
  /** From the polite one to the last resort. */
  readonly stopSignals: readonly { readonly signal: NodeJS.Signals; readonly afterMs: number }[];
}

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url));

/** Starts a keeper. Closing its standard input stops the server; both are one process group. */
export function spawnKeeper(order: KeeperOrder): ChildProcess {
  return spawn(process.execPath, [KEEPER, JSON.stringify(order)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}
