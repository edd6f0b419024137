import { setTimeout as sleep } from 'node:timers/promises';
import type { Offshoot } from './offshoot.ts';
import { descendantsOf, processesWithEnvironment } from './processes.ts';

const VICTIMS = ['first app', 'second app', 'builder'] as const;
type Victim = (typeof VICTIMS)[number];
/** While an app is being started again there is nobody to kill. */
const MAX_TRIES = 100;
const TRY_AGAIN_MS = 50;
/** The longest pause between two kills, while something goes on and after it. */
const PAUSE_MS = { working: 2500, over: 1000 };

export interface Killing {
  /** On one data folder. */
  readonly apps: readonly [Offshoot, Offshoot];
  readonly kills: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Kills apps and builders (SIGKILL) at random moments while `work` goes on, and after it; how many of which. */
export async function killMeanwhile(
  work: Promise<void>,
  { apps, kills, random }: Killing,
): Promise<Partial<Record<Victim, number>>> {
  const hits: Partial<Record<Victim, number>> = {};
  let isWorking = true;
  const done = work.finally(() => (isWorking = false));
  // A failure is told at the end.
  done.catch(() => undefined);
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = VICTIMS[kill % VICTIMS.length] as Victim;
    await sleep(random() * (isWorking ? PAUSE_MS.working : PAUSE_MS.over));
    const pid = await lookForVictim(victim, apps);
    if (pid === undefined) continue;
    process.kill(pid, 'SIGKILL');
    hits[victim] = (hits[victim] ?? 0) + 1;
  }
  await done;
  return hits;
}

/** Undefined when nobody comes: no builder runs any more. */
async function lookForVictim(victim: Victim, apps: Killing['apps']): Promise<number | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const pid = findVictim(victim, apps);
    if (pid !== undefined) return pid;
    await sleep(TRY_AGAIN_MS);
  }
  return undefined;
}

function findVictim(victim: Victim, [first, second]: Killing['apps']): number | undefined {
  switch (victim) {
    case 'first app':
      return appOf(first);
    case 'second app':
      return appOf(second);
    case 'builder':
      return processesWithEnvironment(first.dataFolder).find(({ command }) =>
        command.includes('builder/main.ts'),
      )?.pid;
  }
}

function appOf(offshoot: Offshoot): number | undefined {
  return descendantsOf(offshoot.process.pid ?? 0).find(({ command }) => command.includes('app/main.ts'))?.pid;
}
