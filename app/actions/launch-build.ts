import type { Launcher } from '../builds/launchers/launcher.ts';
import { findAttempt, recordHandle } from '../db/open-attempts.ts';
import { attemptToken } from '../domain/attempt-token.ts';
import { type EndAttemptDependencies, interruptAttempt } from './end-attempt.ts';

export interface LaunchBuildDependencies extends EndAttemptDependencies {
  readonly launcher: Launcher;
  readonly secretKey: Uint8Array;
}

/**
 * Starts the builder of an attempt. Safe to repeat: the launcher starts one builder for one attempt id, and the
 * token is the same each time. Throws when the launcher can't be asked; the attempt's lease bounds the tries.
 */
export async function launchBuild(attemptId: string, dependencies: LaunchBuildDependencies): Promise<void> {
  const { db, launcher, secretKey } = dependencies;
  const attempt = await findAttempt(db, attemptId);
  if (attempt === undefined || attempt.endedAt !== null || attempt.handle !== null) return;
  const result = await launcher.launch({ attemptId, token: attemptToken(attemptId, secretKey) });
  if (!result.launched) {
    const detail = `The builder could not be started: ${result.message}`;
    await interruptAttempt(attempt, 'launch_failed', detail, dependencies);
    return;
  }
  // It was canceled, or given up, while the launcher worked: nobody else knows of this builder.
  const isWanted = await recordHandle(db, attemptId, result.handle);
  if (!isWanted) await launcher.stop(result.handle, 'kill');
}

/** Ends the builder of an attempt that is over, if there is one. */
export async function stopBuilder(
  attemptId: string,
  { db, launcher }: Pick<LaunchBuildDependencies, 'db' | 'launcher'>,
): Promise<void> {
  const attempt = await findAttempt(db, attemptId);
  if (attempt !== undefined && attempt.handle !== null) await launcher.stop(attempt.handle, 'kill');
}
