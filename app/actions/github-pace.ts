import {
  claimGithubPace,
  readGithubSilence,
  releaseGithubPace,
  renewGithubPace,
  silenceGithub,
} from '../db/github-paces.ts';
import { readDatabaseTime } from '../db/database-time.ts';
import type { Database } from '../db/database.ts';
import type { PaceDependencies } from '../github/client/pace-writes.ts';

export interface GithubPaceOptions extends Pick<PaceDependencies, 'randomId' | 'sleep' | 'log'> {
  readonly db: Database;
  /** PostgreSQL's clock by default: the one that all processes have in common. */
  readonly readTime?: PaceDependencies['readTime'];
}

/** The pace of GitHub's installations as the database keeps it: what paceWrite and paceRead need. */
export function createGithubPace({ db, readTime, ...rest }: GithubPaceOptions): PaceDependencies {
  return {
    ...rest,
    readTime: readTime ?? (() => readDatabaseTime(db)),
    store: {
      claim: (claim) => claimGithubPace(db, claim),
      renew: (place, until) => renewGithubPace(db, place, until),
      release: (place, nextWriteAt) => releaseGithubPace(db, place, nextWriteAt),
      silence: (installationId, until) => silenceGithub(db, installationId, until),
      readSilence: (installationId, at) => readGithubSilence(db, installationId, at),
    },
  };
}
