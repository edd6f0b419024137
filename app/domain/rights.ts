/**
 * What somebody may do with a project, each including those before it: see it and its logs; deploy, cancel, promote
 * and approve; change its settings and secrets.
 */
const RIGHTS = ['see', 'deploy', 'manage'] as const;
export type Right = (typeof RIGHTS)[number];

/** What GitHub says that a person may do with a repository. */
export interface RepositoryPermissions {
  readonly admin?: boolean | undefined;
  readonly maintain?: boolean | undefined;
  readonly push?: boolean | undefined;
  readonly triage?: boolean | undefined;
  readonly pull?: boolean | undefined;
}

/** What somebody of GitHub may do with projects, by the number of their repository. */
export type RightsReading =
  | {
      readonly state: 'known';
      readonly byRepository: ReadonlyMap<number, Right>;
      /** When they have to be asked for again, epoch milliseconds. */
      readonly until: number;
    }
  /** GitHub could not be asked. `message` is for people. */
  | { readonly state: 'unknown'; readonly message: string }
  /** GitHub takes the person's token no more, or they signed in through another App. */
  | { readonly state: 'signed_out' };

/** Undefined: nothing at all. */
export function rightOf(permissions: RepositoryPermissions): Right | undefined {
  const { admin, maintain, push, triage, pull } = permissions;
  if (admin === true) return 'manage';
  if (maintain === true || push === true) return 'deploy';
  return triage === true || pull === true ? 'see' : undefined;
}

export function includesRight(has: Right | undefined, needed: Right): boolean {
  return has !== undefined && RIGHTS.indexOf(has) >= RIGHTS.indexOf(needed);
}
