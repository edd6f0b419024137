import { setTimeout as sleep } from 'node:timers/promises';
import { reconcile, type ReconcileDependencies } from '../../actions/reconcile.ts';

export interface Reconciler {
  /** Waits for a run that is under way. */
  stop(): Promise<void>;
}

/** Reconciles now and then again and again, until it is stopped. A run that fails is logged; the next one goes on. */
export function startReconciler(dependencies: ReconcileDependencies, intervalMs: number): Reconciler {
  const stopping = new AbortController();
  const loop = run(dependencies, intervalMs, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

async function run(
  dependencies: ReconcileDependencies,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await reconcile(dependencies).catch((err: unknown) =>
      dependencies.log.error({ err }, 'reconciling failed'),
    );
    await sleep(intervalMs, undefined, { signal }).catch(() => {});
  }
}
