import type { BuildSettings } from '../../../contracts/build-spec.ts';

/** What the host of a branch shows, as far as it decides whether a newer commit has to be built. */
export interface ShownDeployment {
  /** Null for an upload that named none. */
  readonly commit: string | null;
  readonly settings: BuildSettings;
  /** Its offshoot.json names `paths`. */
  readonly filtersPaths: boolean;
}

export interface Shown {
  /** Undefined where the branch's host shows nothing, or the branch has none. */
  readonly branch: ShownDeployment | undefined;
  readonly production: ShownDeployment | undefined;
}

/** What the changes of a new commit are counted from. */
export interface PathBase {
  readonly commit: string;
  /** The branch shows nothing yet: its changes begin where it parted from the commit. */
  readonly isOfOtherBranch: boolean;
}

/**
 * What a new commit of a branch is compared with, before anything is built of it; undefined where it is built whatever
 * it changes.
 *
 * Not what was pushed last: what is shown. All that came between, and was superseded, canceled or has failed, is among
 * the changes then. Whether there are `paths` at all is known from the build that is shown: a commit that brings them in,
 * or changes them, changes offshoot.json, and that is always built. So projects without them cost GitHub no call.
 */
export function decidePathBase(shown: Shown, settings: BuildSettings): PathBase | undefined {
  const base = shown.branch ?? shown.production;
  if (base === undefined || base.commit === null || !base.filtersPaths) return undefined;
  // Somebody has changed how it is built: the same commit would make another site.
  if (!isSame(base.settings, settings)) return undefined;
  return { commit: base.commit, isOfOtherBranch: shown.branch === undefined };
}

function isSame(one: BuildSettings, other: BuildSettings): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof BuildSettings>;
  return [...keys].every((key) => one[key] === other[key]);
}
