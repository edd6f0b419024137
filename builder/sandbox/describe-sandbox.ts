import type { Sandbox } from './sandbox.ts';

const BEWARE = 'Build only repositories that you trust.';

/** How builds are kept apart on this machine, and what that means, in words for people. */
export function describeSandbox({ kind, user }: Pick<Sandbox, 'kind' | 'user'>): string {
  if (kind === 'bubblewrap') {
    return user === null ? 'bubblewrap' : 'bubblewrap, each build as a user of its own';
  }
  return user === null
    ? `none: builds run as you, and can read and change all that you can. ${BEWARE}`
    : `none but a user of its own for each build, which can read what everyone here can. ${BEWARE}`;
}
