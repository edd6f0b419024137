import { BUILDER_ENVIRONMENT } from './build-report.ts';
import { nearestNames } from './nearest-names.ts';

/** Variables whose names begin like this are ours, so one that nobody knows is a misspelt setting. */
const PREFIX = 'OFFSHOOT_';

/**
 * Names that are no settings but may stand in a program's environment: what launchers give to builders, and what
 * builds give to the commands of users (Offshoot may itself be built, or started, by Offshoot).
 */
const OTHER_NAMES: readonly string[] = [
  ...Object.values(BUILDER_ENVIRONMENT),
  'OFFSHOOT_BRANCH',
  'OFFSHOOT_COMMAND_ID',
  'OFFSHOOT_COMMIT_SHA',
  'OFFSHOOT_DEPLOYMENT_ID',
  'OFFSHOOT_DEPLOYMENT_URL',
  'OFFSHOOT_ENVIRONMENT',
  'OFFSHOOT_PROJECT',
  'OFFSHOOT_PULL_REQUEST',
];

/** One sentence for each variable that looks like a setting and is none; `known` are the settings. */
export function describeMisspelt(given: readonly string[], known: readonly string[]): string[] {
  const names = [...known, ...OTHER_NAMES];
  return given
    .filter((name) => name.startsWith(PREFIX) && !names.includes(name))
    .map((name) => {
      const [nearest] = nearestNames(name, known);
      const hint = nearest === undefined ? 'docs/configuration.md lists them.' : `Did you mean ${nearest}?`;
      return `${name} is no setting of Offshoot. ${hint}`;
    });
}
