import type { LogHints } from './log-store.ts';

/** While somebody follows a deployment, it is asked about at least this often, hint or none. */
const POLL_MS = 1000;

/** What wakes the readers of one deployment's log in this process, and lets them share what they read. */
export interface Pulse {
  /** Rises with each hint and each poll. Read it before reading the log, then wait for a higher one. */
  beat(): number;
  /** Resolves when the beat is above `seen`, or when the signal aborts. */
  next(seen: number, signal: AbortSignal): Promise<void>;
  /**
   * Runs `read` once for all who ask for the same key during the same beat while it runs. A read that began
   * before the beat is never handed out: it could miss the line that the beat announced.
   */
  share<T>(key: string, read: () => Promise<T>): Promise<T>;
  /** Call it when done; the last one to leave stops the polling. */
  leave(): void;
}

export interface Pulses {
  follow(deploymentId: string): Pulse;
  /** How many follow now, over all deployments. */
  followers(): number;
}

export function createPulses(hints: Pick<LogHints, 'subscribe'>, pollMs: number = POLL_MS): Pulses {
  const hearts = new Map<string, Heart>();
  let followers = 0;
  return {
    followers: () => followers,
    follow(deploymentId) {
      const heart = hearts.get(deploymentId) ?? startHeart(hints, deploymentId, pollMs);
      hearts.set(deploymentId, heart);
      heart.followers += 1;
      followers += 1;
      return toPulse(heart, () => {
        followers -= 1;
        heart.followers -= 1;
        if (heart.followers > 0) return;
        hearts.delete(deploymentId);
        heart.stop();
      });
    },
  };
}

interface Heart {
  beat: number;
  followers: number;
  readonly waiting: Set<() => void>;
  readonly reads: Map<string, Promise<unknown>>;
  readonly stop: () => void;
}

function startHeart(hints: Pick<LogHints, 'subscribe'>, deploymentId: string, pollMs: number): Heart {
  const timer = setInterval(() => strike(heart), pollMs);
  const unsubscribe = hints.subscribe(deploymentId, () => strike(heart));
  const heart: Heart = {
    beat: 0,
    followers: 0,
    waiting: new Set(),
    reads: new Map(),
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  };
  return heart;
}

function strike(heart: Heart): void {
  heart.beat += 1;
  heart.reads.clear();
  const waiting = [...heart.waiting];
  heart.waiting.clear();
  for (const wake of waiting) wake();
}

function toPulse(heart: Heart, leave: () => void): Pulse {
  return {
    beat: () => heart.beat,
    next: (seen, signal) => waitForBeat(heart, seen, signal),
    share: (key, read) => shareRead(heart, key, read),
    leave,
  };
}

function waitForBeat(heart: Heart, seen: number, signal: AbortSignal): Promise<void> {
  if (heart.beat > seen || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      heart.waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    heart.waiting.add(wake);
    signal.addEventListener('abort', wake);
  });
}

function shareRead<T>(heart: Heart, key: string, read: () => Promise<T>): Promise<T> {
  const running = heart.reads.get(key) as Promise<T> | undefined;
  if (running !== undefined) return running;
  const reading = read().finally(() => {
    if (heart.reads.get(key) === reading) heart.reads.delete(key);
  });
  heart.reads.set(key, reading);
  return reading;
}
