import { createHash } from 'node:crypto';
import { ID_LENGTH } from '../../contracts/ids.ts';

/** A deploy hook deploys at most once in each such span of time; calls in between share the next one. */
export const HOOK_SPAN_MS = 10_000;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** One deployment that calls of a hook ask for. */
export interface HookRun {
  /** Of the job: whoever sends it again sends the same. */
  readonly jobId: string;
  readonly deploymentId: string;
  /** Epoch milliseconds. */
  readonly startsAt: number;
}

const MINUTE_MS = 60_000;
const MIN_RETRY_MS = 15_000;
const MAX_RETRY_MS = 5 * MINUTE_MS;
/** A repository that can't be asked for this long has failed the run. */
export const HOOK_GIVE_UP_MS = 60 * MINUTE_MS;

/**
 * What a call of a hook asks for: a run now, or, where this span has had one already, the run at the beginning of the
 * next. Every call is followed by a run that begins after it, so nothing that was changed before a call is left out,
 * and however many calls there are, they make one run a span.
 *
 * Names follow from hook and span alone. So callers at the same moment, in several processes, mean the same run, and
 * each can be told which deployment it will be before anybody has asked the repository.
 */
export function planHookRuns(hookSecretHash: string, now: number): readonly [now: HookRun, next: HookRun] {
  const span = Math.floor(now / HOOK_SPAN_MS);
  return [runOf(hookSecretHash, span, now), runOf(hookSecretHash, span + 1, (span + 1) * HOOK_SPAN_MS)];
}

/**
 * What becomes of a run whose repository could not be asked. A run that was asked for later takes its place: every
 * call after this one's start has one. Otherwise it is tried again, less and less often, and given up in the end.
 * `lastCallAt` and `now` are of the same clock as `startsAt`.
 */
export function decideHookRetry(
  startsAt: number,
  lastCallAt: number,
  now: number,
): { readonly next: 'give-way' | 'give-up' } | { readonly next: 'retry'; readonly afterMs: number } {
  if (lastCallAt > startsAt) return { next: 'give-way' };
  const ageMs = now - startsAt;
  if (ageMs >= HOOK_GIVE_UP_MS) return { next: 'give-up' };
  return { next: 'retry', afterMs: Math.min(Math.max(ageMs / 4, MIN_RETRY_MS), MAX_RETRY_MS) };
}

/** The hash of the hook's secret, which nobody is shown, keeps ids from being foretold. */
function runOf(hookSecretHash: string, span: number, startsAt: number): HookRun {
  const nameOf = (what: string) =>
    createHash('sha256').update(`deploy hook\0${what}\0${hookSecretHash}\0${span}`).digest();
  return { jobId: uuidOf(nameOf('job')), deploymentId: idOf(nameOf('deployment')), startsAt };
}

function idOf(bytes: Buffer): string {
  return Array.from(bytes.subarray(0, ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
