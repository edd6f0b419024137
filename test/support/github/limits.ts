import type { Caller } from './auth.ts';
import { nameCaller } from './auth.ts';
import { Refusal } from './refusal.ts';
import { note } from './world.ts';
import type { SeenRequest, World } from './world.ts';

const HOUR_MS = 3_600_000;
const PACE_MS = 1_000;
/** Timers fire a little early, and clocks are read in whole milliseconds. */
const TIMER_SLACK_MS = 5;
/** Another request that was already on its way when the answer said to wait breaks no rule; the same one again does. */
const ON_ITS_WAY_MS = 100;

/** Refuses who comes back too early or asks too much, and writes down whoever breaks a rule. */
export function checkLimits(world: World, caller: Caller, seen: SeenRequest): void {
  checkWaiting(world, seen);
  countRequest(world, caller, seen);
}

function checkWaiting(world: World, seen: SeenRequest): void {
  const told = world.limiter.forbidden.get(seen.caller);
  if (told === undefined || seen.atMs >= told.untilMs) return;
  const leftMs = told.untilMs - seen.atMs;
  const isRetry = `${seen.method} ${seen.path}` === told.operation;
  if (isRetry || seen.atMs > told.fromMs + ON_ITS_WAY_MS) {
    note(world, seen, 'early-retry', `asked ${leftMs} ms before retry-after was over`);
  }
  const headers = { 'retry-after': String(Math.ceil(leftMs / 1_000)) };
  throw new Refusal(
    403,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    {},
    headers,
  );
}

function countRequest(world: World, caller: Caller, seen: SeenRequest): void {
  // Asking how much is left costs nothing.
  if (seen.path === '/rate_limit') return;
  const window = windowOf(world, seen.caller);
  window.used += 1;
  if (window.used <= world.limits.requestsPerHour) return;
  if (window.used > world.limits.requestsPerHour + 1) {
    note(world, seen, 'rate-limit', 'asked although x-ratelimit-remaining was 0');
  }
  const id = caller.kind === 'installation' ? `installation ID ${caller.installation.id}` : seen.caller;
  throw new Refusal(403, `API rate limit exceeded for ${id}.`);
}

function windowOf(world: World, caller: string) {
  const { windows } = world.limiter;
  const known = windows.get(caller);
  if (known !== undefined && world.now() < known.startedMs + HOUR_MS) return known;
  const fresh = { startedMs: world.now(), used: 0 };
  windows.set(caller, fresh);
  return fresh;
}

/** "Wait at least one second between each POST, PATCH, PUT or DELETE." A redirect is no write: its target is. */
export function checkPace(world: World, caller: Caller, seen: SeenRequest): void {
  if (!world.limits.checkPacing || caller.kind !== 'installation') return;
  const { lastWrite } = world.limiter;
  if (seen.method === 'GET' || seen.path === '/installation/token') return;
  const last = lastWrite.get(seen.caller);
  lastWrite.set(seen.caller, seen.atMs);
  if (last === undefined || seen.atMs - last >= PACE_MS - TIMER_SLACK_MS) return;
  note(world, seen, 'pacing', `wrote ${seen.atMs - last} ms after its last write`);
}

export function rateHeaders(world: World, caller: Caller): Record<string, string> {
  const { limit, remaining, reset, used } = rateOf(world, caller);
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(reset),
    'X-RateLimit-Used': String(used),
    'X-RateLimit-Resource': 'core',
  };
}

export function rateOf(world: World, caller: Caller) {
  const { startedMs, used } = windowOf(world, nameCaller(caller));
  const limit = world.limits.requestsPerHour;
  const reset = Math.ceil((startedMs + HOUR_MS) / 1_000);
  return { limit, remaining: Math.max(0, limit - used), reset, used };
}
