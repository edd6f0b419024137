/** A deployment that waits for a builder. `createdAt` in epoch milliseconds. */
export interface WaitingDeployment {
  readonly id: string;
  readonly projectId: string;
  readonly createdAt: number;
}

export interface LaunchSituation {
  readonly waiting: readonly WaitingDeployment[];
  /** Builders that run now, by project. */
  readonly running: ReadonlyMap<string, number>;
  /** Builders that may run at once, over all projects. */
  readonly maxBuilds: number;
}

/**
 * Which deployments get the free builders, in order. A project with fewer running builds goes first, then the
 * older deployment: fifty pushes to one repository delay another one by one build, not by fifty.
 */
export function planLaunches(situation: LaunchSituation): string[] {
  const running = new Map(situation.running);
  const waiting = [...situation.waiting];
  let free = situation.maxBuilds - sum(running.values());
  const planned: string[] = [];
  for (; free > 0 && waiting.length > 0; free -= 1) {
    const next = waiting.toSorted((a, b) => compare(a, b, running))[0];
    if (next === undefined) break;
    waiting.splice(waiting.indexOf(next), 1);
    running.set(next.projectId, (running.get(next.projectId) ?? 0) + 1);
    planned.push(next.id);
  }
  return planned;
}

function compare(a: WaitingDeployment, b: WaitingDeployment, running: ReadonlyMap<string, number>): number {
  const fewer = (running.get(a.projectId) ?? 0) - (running.get(b.projectId) ?? 0);
  if (fewer !== 0) return fewer;
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
