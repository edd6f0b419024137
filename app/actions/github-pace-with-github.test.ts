import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHub, startGitHub } from '../../test/support/github/github.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { openGithubClients } from '../github/client/app-octokit.ts';
import { paceWrite } from '../github/client/pace-writes.ts';
import { setCommitStatus } from '../github/client/set-commit-status.ts';
import { createGithubPace } from './github-pace.ts';

const WRITES = 8;
/** While somebody writes the others look again after a moment: the clock must not run away from that write. */
const MOMENT_MS = 10;
/** Of the clock that GitHub and both processes have: whoever waits, while nobody writes, moves it on. */
let skewMs = 0;
const now = () => Date.now() + skewMs;

let database: TestDatabase;
let pools: [Database, Database];
let github: GitHub;
beforeAll(async () => {
  database = await createTestDatabase();
  const open = () => openDatabase(database.url, { maxConnections: 4 });
  pools = [open(), open()];
  github = await startGitHub({ isEnterprise: true, checkPacing: true, now });
});
afterAll(async () => {
  await github.close();
  await Promise.all(pools.map(closeDatabase));
  await database.drop();
});

describe('with a GitHub that counts', () => {
  it('two processes never write too soon, nor come back early', async () => {
    const shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
    const installation = github.install('ada');
    const commit = github.push(shop, { 'a.txt': '1' });
    const limited = 'POST /repos/ada/shop/statuses';
    github.faults.set({ retryAfterSeconds: 20 });
    let ids = 0;
    let limits = 0;
    let writing = 0;
    const waitUntil = async (at: number): Promise<void> => {
      if (writing > 0) await sleep(MOMENT_MS);
      else skewMs += Math.max(0, at - now());
    };

    const processOf = (db: Database) => {
      const { id: appId, privateKey } = github.app;
      const clients = openGithubClients(
        { appId, privateKey },
        { apiUrl: `${github.webUrl}/api/v3`, log: { warn: () => undefined } },
      );
      const pace = createGithubPace({
        db,
        readTime: async () => now(),
        randomId: () => `writer-${(ids += 1)}`,
        sleep: async (ms) => void (skewMs += ms),
        log: { warn: () => undefined },
      });
      /** As a job does: again when it is told to, until GitHub has it. */
      return async (context: string): Promise<void> => {
        for (;;) {
          const client = clients.installation(installation.id);
          const status = {
            commit,
            state: 'success',
            description: 'x',
            targetUrl: 'https://x.example',
          } as const;
          const paced = await paceWrite(
            installation.id,
            async () => {
              writing += 1;
              const place = { owner: 'ada', repo: 'shop' };
              return setCommitStatus(client, place, { ...status, context }, { now });
            },
            pace,
          );
          if (paced.outcome === 'wait') {
            await waitUntil(paced.until);
            continue;
          }
          // Not before its turn is given back.
          writing -= 1;
          if (paced.result.ok) return;
          expect(paced.result.failure.kind).toBe('rate_limited');
          limits += 1;
        }
      };
    };
    const processes = pools.map(processOf);
    github.faults.once('forbidden', limited);
    const writes = Array.from({ length: WRITES }, (_, index) => processes[index % 2]!(`offshoot/${index}`));
    await Promise.all(writes);
    github.faults.once('tooMany', limited);
    await processes[0]!('offshoot/last');
    expect(limits).toBe(2);
    expect(new Set(shop.statuses.map(({ context }) => context)).size).toBe(WRITES + 1);
    expect(shop.statuses).toHaveLength(WRITES + 1);
    expect(github.violations).toEqual([]);
  });
});
