import type { BuildSpec } from '../../contracts/build-spec.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * Why no command of this build may run here, as a sentence; undefined where they may. Whoever approved a fork's commit was
 * told that there is a sandbox: the machine that builds is another one, or has changed since.
 */
export function checkForkSandbox(
  { fork }: Pick<BuildSpec, 'fork'>,
  { kind, whyPlain }: Pick<Sandbox, 'kind' | 'whyPlain'>,
): string | undefined {
  if (fork === undefined || kind === 'bubblewrap') return undefined;
  const why = whyPlain === null ? '' : ` ${whyPlain}`;
  return `The code of a fork runs in a sandbox or not at all, and this builder has none.${why}`;
}
