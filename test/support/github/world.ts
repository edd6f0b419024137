import type { Delivery, Repository, State, User } from './state.ts';
import type { Faults } from './faults.ts';
import type { Limiter } from './limiter.ts';

/** What every part of this GitHub is given. */
export interface World {
  readonly state: State;
  /** Bare repositories, `<id>.git` each. */
  readonly folder: string;
  readonly urls: Urls;
  /** In milliseconds. */
  readonly now: () => number;
  /** What Apps sign their tokens by. */
  readonly signingNow: () => number;
  readonly token: (prefix: string) => string;
  readonly guid: () => string;
  readonly faults: Faults;
  readonly requests: SeenRequest[];
  readonly violations: Violation[];
  readonly limits: Limits;
  readonly limiter: Limiter;
  /** Tells the App, when it asked for the event and may see the repository. */
  readonly emit: (event: GitHubEvent) => void;
  readonly redeliver: (delivery: Delivery) => void;
  /** `settled` waits until the answer is called. */
  readonly hold: () => () => void;
}

export interface Urls {
  /** As `https://github.com`: pages, sign-in and Git; and the API below `/api/v3`, as GitHub Enterprise Server has it. */
  readonly web: string;
  /** As `https://api.github.com`. */
  readonly api: string;
}

export interface Limits {
  /** Writes of one installation less than a second apart are violations. */
  readonly checkPacing: boolean;
  /** The primary rate limit of each installation. */
  readonly requestsPerHour: number;
}

export interface GitHubEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly sender: User;
  readonly repository?: Repository;
  /** Whom to tell; by default whoever has the repository. */
  readonly installationId?: number;
}

export interface SeenRequest {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** `app`, `installation 12`, `user ada`, `anonymous`. */
  caller: string;
  /** What was answered; 0 while it was not, and when the connection was cut. */
  status: number;
}

/** A request that broke one of GitHub's rules. */
export interface Violation {
  readonly rule: 'early-retry' | 'pacing' | 'invalid-request' | 'unknown-route' | 'rate-limit';
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly caller: string;
  readonly message: string;
}

export const isoOf = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
export const nowIso = (world: Pick<World, 'now'>) => isoOf(world.now());

export function note(world: World, seen: SeenRequest, rule: Violation['rule'], message: string): void {
  const { atMs, method, path, caller } = seen;
  world.violations.push({ rule, atMs, method, path, caller, message });
}
