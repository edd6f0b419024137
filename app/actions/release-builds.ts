import type { Launcher } from '../builds/launchers/launcher.ts';
import { listOpenAttempts } from '../db/open-attempts.ts';
import { type EndAttemptDependencies, interruptAttempt } from './end-attempt.ts';

export interface ReleaseBuildsDependencies extends EndAttemptDependencies {
  readonly launcher: Pick<Launcher, 'isOurs' | 'stop'>;
}

/** More than one machine ever runs. */
const MAX_RELEASED = 1000;

/**
 * Hands back this app's own builds before it shuts down: their builders are asked to end, and their deployments are
 * queued again at no cost. Builds of another app on this machine, or of another machine, go on.
 */
export async function releaseBuilds(dependencies: ReleaseBuildsDependencies): Promise<void> {
  const open = await listOpenAttempts(dependencies.db, MAX_RELEASED);
  await Promise.all(open.map(({ attempt }) => releaseBuild(attempt, dependencies)));
}

async function releaseBuild(
  attempt: {
    readonly id: string;
    readonly deploymentId: string;
    readonly handle: Record<string, unknown> | null;
  },
  dependencies: ReleaseBuildsDependencies,
): Promise<void> {
  const { launcher } = dependencies;
  if (attempt.handle === null || !launcher.isOurs(attempt.handle)) return;
  await launcher.stop(attempt.handle, 'release');
  // Most builders have reported `released` by themselves by now; then this changes nothing.
  await interruptAttempt(attempt, 'released', 'Offshoot was shut down during the build.', dependencies);
}
