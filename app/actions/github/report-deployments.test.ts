import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openReportRoom, type ReportRoom, type ReportShop } from '../../../test/support/report-room.ts';
import { findProject } from '../../db/projects.ts';
import { deployments } from '../../db/schema.ts';
import { openGithubClients } from '../../github/client/app-octokit.ts';
import type { JobSender } from '../../jobs/queue.ts';
import { cancel } from '../cancel.ts';
import { redeploy } from '../deploy.ts';
import { reconcile } from '../reconcile.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { reportDeployments } from './report-deployments.ts';

const HOUR_MS = 3_600_000;

let room: ReportRoom;
let place: ReportRoom & ReportShop;
beforeAll(async () => {
  room = await openReportRoom();
});
afterAll(() => room.dispose());
beforeEach(() => {
  place = { ...room, ...room.openShop() };
});
afterEach(() => {
  room.checkRules();
  room.github.faults.clear();
});

/** An App that calls nobody: whoever reads it has nothing to say yet. */
const connectedTo = ({ github }: ReportRoom) => {
  const { id: appId, privateKey } = github.app;
  const clients = openGithubClients(
    { appId, privateKey },
    { apiUrl: github.apiUrl, log: { warn: () => undefined } },
  );
  const state = { state: 'ready', app: { appId, privateKey } as never, clients } as const;
  return { github: { read: async () => state } };
};

const shown = () => place.shop.statuses.map(({ state, description }) => `${state}: ${description}`);

describe('a commit', () => {
  it('shows how its deployment is doing, with a link to its page', async () => {
    const { push, fail, report, shop, room } = place;
    const deployment = await push('topic');
    await report();
    await fail(deployment);
    await report();
    await report();
    expect(shown()).toEqual([
      'pending: It waits for a builder.',
      expect.stringMatching(/^failure: .*exit code 1/),
    ]);
    const project = await findProject(room.db, deployment.projectId);
    expect(shop.statuses[0]).toMatchObject({
      sha: deployment.commit,
      context: `offshoot/${project?.slug}`,
      targetUrl: `http://deploy.example.com/deployments/${deployment.id}`,
    });
  });

  it('shows the present and not what there was before it', async () => {
    const { push, report, room } = place;
    await cancel((await push('topic')).id, room.dependencies);
    await report();
    expect(shown()).toEqual(['error: It was canceled before it was done.']);
  });

  it('shows its newest deployment, whatever becomes of an older one', async () => {
    const { push, fail, report, room } = place;
    const deployment = await push('topic');
    await fail(deployment);
    room.clock.now += 1000;
    await redeploy(deployment.id, { kind: 'administrator' }, room.dependencies);
    await report();
    expect(shown()).toEqual(['pending: It waits for a builder.']);
  });

  it('of ours says nothing else because a stranger has it in a fork too', async () => {
    const { push, build, report, room } = place;
    const deployment = await push('topic');
    await build(deployment);
    await report();
    room.clock.now += 1000;
    const { createdAt, ...rest } = deployment;
    const stranger = {
      refKind: 'pull-request',
      ref: '9',
      pullRequest: 9,
      isTrusted: false,
      status: 'blocked',
    } as const;
    await room.db.insert(deployments).values({
      ...rest,
      ...stranger,
      id: room.dependencies.randomId(),
      createdAt: new Date(createdAt.getTime() + 1000),
      reportedStatus: null,
    });
    await report();
    expect(shown().filter((line) => !line.startsWith('pending: It waits'))).toEqual([
      'success: It was built and published.',
    ]);
  });

  it('that GitHub does not know is refused for good, and people see why', async () => {
    const { push, report, room, shop } = place;
    const { id } = await push('topic');
    shop.objects.commit = () => undefined;
    await report();
    expect(shown()).toEqual([]);
    expect((await room.read(id)).reportProblem).toContain('No commit found');
  });

  it('that has had its thousand statuses gets no more, and people see why', async () => {
    const { push, report, room, shop } = place;
    const { id, commit, projectId } = await push('topic');
    await report();
    const [told] = shop.statuses;
    if (told === undefined) throw new Error('nothing was told');
    shop.statuses.push(...Array.from({ length: 999 }, () => told));
    await cancel(id, room.dependencies);
    await report();
    await report();
    expect(shop.statuses).toHaveLength(1000);
    expect(told).toMatchObject({
      sha: commit,
      context: `offshoot/${(await findProject(room.db, projectId))?.slug}`,
    });
    expect((await room.read(id)).reportProblem).toContain('maximum number of statuses');
  });

  it('that is skipped succeeds, so that nobody waits for it', async () => {
    const { push, report } = place;
    await push('topic', 'Words [skip ci]');
    await report();
    expect(shown()).toEqual([expect.stringMatching(/^success: /)]);
  });
});

describe('what is over', () => {
  it('is told before what is under way: status, comment, deployment', async () => {
    const { push, build, openPull, report, github, shop } = place;
    const over = await push('topic');
    await openPull('topic');
    await build(over);
    await push('other');
    const from = github.requests.length;
    await report();
    const told = github.requests
      .slice(from)
      .filter(({ method, path }) => method === 'POST' && path.includes('/shop/'))
      .map(({ path }) => path.split('/shop/')[1]?.replace(/(?<=^(?:statuses|deployments)\/)\w+/, '…'));
    expect(told.slice(0, 4)).toEqual([
      'statuses/…',
      'issues/1/comments',
      'deployments',
      'deployments/…/statuses',
    ]);
    expect(shop.statuses.map(({ sha }) => sha)[0]).toBe(over.commit);
    expect(told.slice(4)).toEqual(['statuses/…', 'deployments', 'deployments/…/statuses']);
  });
});

describe('whatever ends a deployment', () => {
  it('has it reported by the transaction that ends it', async () => {
    const { push, room } = place;
    const sent: string[] = [];
    const send: JobSender['send'] = async (...call) => {
      sent.push(call[1]);
      return room.jobs.send(...call);
    };
    const jobs = { send };
    const { id } = await push('topic');
    await cancel(id, { ...room.dependencies, jobs });
    expect(sent).toContain('report-deployments');
    sent.length = 0;
    await redeploy(id, { kind: 'administrator' }, { ...room.dependencies, jobs });
    expect(sent).toContain('report-deployments');
  });
});

describe('the reconciler', () => {
  it('has reported what nobody sent a job for, and nothing else', async () => {
    const { push, fail, report, room } = place;
    const deployment = await push('topic');
    await report();
    const sent: string[] = [];
    const send: JobSender['send'] = async (_db, name) => {
      sent.push(name);
      return true;
    };
    const dependencies = { ...room.dependencies, jobs: { ...room.jobs, send } };
    await reconcile(dependencies);
    expect(sent).not.toContain('report-deployments');
    await fail(deployment);
    await reconcile(dependencies);
    expect(sent).toContain('report-deployments');
    await report();
  });
});

describe('while GitHub fails', () => {
  it('because the App is suspended, it is not asked', async () => {
    const { push, report, room, installation, shop, github } = place;
    const { id } = await push('topic');
    const account = { id: installation.account.id, login: shop.owner.login };
    const payload = {
      action: 'suspend',
      installation: { id: installation.id, account, suspended_at: '2026-01-01T00:00:00Z' },
      sender: { login: 'ada' },
    };
    const delivery = { guid: crypto.randomUUID(), event: 'installation', payload, body: '{}' };
    await receiveDelivery(delivery, room.dependencies);
    await report();
    expect(github.requests.filter(({ path }) => path.includes(`/${shop.owner.login}/`))).toEqual([]);
    expect((await room.read(id)).reportedStatus).toBeNull();
  });

  it('an installation that has to wait keeps no other one waiting', async () => {
    const { push, github, openShop, openProcess, clock } = place;
    const other = openShop();
    github.faults.set({
      retryAfterSeconds: 600,
      answers: { tooMany: 1 },
      applies: ({ path }) => path.includes(`/${place.shop.owner.login}/`),
    });
    await push('topic');
    const from = clock.now();
    const working = [openProcess().work()];
    const checked = clock.run(async () => {
      await clock.sleep(5000);
      await other.push('topic');
      // As the job of its push does.
      working.push(openProcess().work());
      await clock.sleep(60_000);
      github.faults.clear();
      return other.shop.statuses.length;
    });
    expect(await checked).toBe(1);
    expect(shown()).toEqual([]);
    await Promise.all(working);
    expect(shown()).toHaveLength(1);
    expect(clock.now() - from).toBeGreaterThan(600_000);
  });

  it('jobs that wait for as long become one', async () => {
    const { push, report, room, installation } = place;
    await push('topic');
    const { githubPace } = room.dependencies;
    await githubPace.store.silence(installation.id, (await githubPace.readTime()) + HOUR_MS);
    const asked: unknown[] = [];
    const send: JobSender['send'] = async (_db, name, _payload, options) => {
      asked.push([name, options?.startAfter === Number(options?.key), options?.oncePerSeconds]);
      return true;
    };
    await reportDeployments({ ...room.dependencies, ...connectedTo(place), jobs: { send } });
    expect(asked).toEqual([['report-deployments', true, 1]]);
    await room.db.execute(sql`delete from github_paces where installation_id = ${installation.id}`);
    await report();
  });

  it('nobody asks while there is no App', async () => {
    const { push, room } = place;
    const { id } = await push('topic');
    await reportDeployments({ ...room.dependencies, github: { read: async () => ({ state: 'none' }) } });
    expect((await room.read(id)).reportedStatus).toBeNull();
    await place.report();
  });
});
