import { setTimeout as sleep } from 'node:timers/promises';

/** A build, and the writes to GitHub behind it, of which an installation has one a second. */
const LONGEST_WAIT_MS = 120_000;
const POLL_MS = 100;

/** What the story promised did not happen. The message says what was waited for, and what was there instead. */
export class BrokenPromise extends Error {}

/** Asks until `look` finds it. Throws BrokenPromise with what was there at last. */
export async function waitUntil<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  describe: () => string,
): Promise<Found> {
  const endsAt = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > endsAt) {
      const waited = `Waited ${LONGEST_WAIT_MS / 1000} s for ${what} in vain.`;
      throw new BrokenPromise(`${waited} There was: ${describe()}`);
    }
    await sleep(POLL_MS);
  }
}
