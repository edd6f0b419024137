import type { Heartbeat } from '../../contracts/build-report.ts';
import { AppRefusal, type AppClient, RequestAborted } from './app-client.ts';
import type { Lifeline } from './lifeline.ts';
import { createNews, type News } from './news.ts';

export interface HeartbeatOptions {
  readonly client: Pick<AppClient, 'heartbeat'>;
  readonly lifeline: Lifeline;
  readonly everyMs: number;
  /** How far the build is, asked for at each beat. */
  readonly progress: () => Heartbeat;
  /** What people wait for is not kept until the next beat is due. */
  readonly news?: News;
  /** Aborted when the build has been completed. */
  readonly done: AbortSignal;
}

/**
 * Beats until the build is done or the attempt is over, whatever the build does. A reply may cancel the build;
 * a refused beat is a bug, which ends the attempt as if it had been revoked. Never rejects.
 */
export async function keepBeating(options: HeartbeatOptions): Promise<void> {
  const { lifeline, everyMs, done, news = createNews() } = options;
  const signal = AbortSignal.any([done, lifeline.requests]);
  while (!signal.aborted) {
    await Promise.all([news.wait(everyMs, signal), beat(options)]);
  }
}

async function beat({ client, lifeline, progress }: HeartbeatOptions): Promise<void> {
  try {
    const { cancel } = await client.heartbeat(progress());
    if (cancel) lifeline.stop('canceled');
  } catch (error) {
    if (error instanceof AppRefusal) lifeline.stop('revoked');
    else if (!(error instanceof RequestAborted)) throw error;
  }
}
