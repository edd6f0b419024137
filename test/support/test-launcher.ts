import type {
  LaunchHandle,
  Launcher,
  LaunchOrder,
  LaunchResult,
} from '../../app/builds/launchers/launcher.ts';

/** A launcher whose builders do nothing but be there; tests let them die. It keeps the promises of the interface. */
export interface TestLauncher extends Launcher {
  /** Attempt ids of builders that run. */
  readonly running: Set<string>;
  /** Every order that came, repeated ones too. */
  readonly orders: LaunchOrder[];
  readonly stopped: { readonly attemptId: string; readonly grace: 'release' | 'kill' }[];
  /** What launches answer instead, or what inspecting says; undefined for the truth. */
  refusal: string | undefined;
  sight: 'unknown' | undefined;
}

export function openTestLauncher(): TestLauncher {
  const running = new Set<string>();
  const idOf = (handle: LaunchHandle) => String(handle['attemptId']);
  const launcher: TestLauncher = {
    name: 'test',
    running,
    orders: [],
    stopped: [],
    refusal: undefined,
    sight: undefined,
    async launch(order): Promise<LaunchResult> {
      launcher.orders.push(order);
      if (launcher.refusal !== undefined) return { launched: false, message: launcher.refusal };
      running.add(order.attemptId);
      return { launched: true, handle: { attemptId: order.attemptId } };
    },
    inspect: async (handle) => launcher.sight ?? (running.has(idOf(handle)) ? 'running' : 'gone'),
    isOurs: () => launcher.sight !== 'unknown',
    async stop(handle, grace) {
      launcher.stopped.push({ attemptId: idOf(handle), grace });
      running.delete(idOf(handle));
    },
  };
  return launcher;
}
