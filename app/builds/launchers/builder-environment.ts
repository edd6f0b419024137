import { join } from 'node:path';
import { BUILDER_ENVIRONMENT, BUILDER_PASSTHROUGH } from '../../../contracts/build-report.ts';

export interface BuilderPlace {
  readonly appUrl: string;
  readonly token: string;
  /** Absolute paths. */
  readonly workFolder: string;
  readonly toolchainFolder: string;
  readonly cacheFolder: string;
  /** From 0. */
  readonly slot: number;
  /** Undefined when builds run as our own user. */
  readonly uid: number | undefined;
}

/**
 * The whole environment of a builder: what names its place, and of the operator's variables only those on the
 * list. The app's own (database, keys, tokens) never get there.
 */
export function formatBuilderEnvironment(
  place: BuilderPlace,
  operators: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { uid } = place;
  return {
    // Halves the time in which a builder starts. Nobody but builders can write to this folder.
    NODE_COMPILE_CACHE: join(place.toolchainFolder, 'compile-cache'),
    ...pickPassthrough(operators),
    [BUILDER_ENVIRONMENT.appUrl]: place.appUrl,
    [BUILDER_ENVIRONMENT.token]: place.token,
    [BUILDER_ENVIRONMENT.workFolder]: place.workFolder,
    [BUILDER_ENVIRONMENT.toolchainFolder]: place.toolchainFolder,
    [BUILDER_ENVIRONMENT.cacheFolder]: place.cacheFolder,
    [BUILDER_ENVIRONMENT.slot]: String(place.slot),
    ...(uid === undefined ? {} : { [BUILDER_ENVIRONMENT.uid]: String(uid) }),
  };
}

function pickPassthrough(operators: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    BUILDER_PASSTHROUGH.flatMap((name) => {
      const value = operators[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
