import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openReportRoom, type ReportRoom, type ReportShop } from '../../../test/support/report-room.ts';
import { deployments } from '../../db/schema.ts';
import { cancel } from '../cancel.ts';
import { redeploy } from '../deploy.ts';
import { promote } from '../promote.ts';
import { findProject } from '../../db/projects.ts';

let room: ReportRoom;
let place: ReportRoom & ReportShop;
beforeAll(async () => {
  room = await openReportRoom();
});
afterAll(() => room.dispose());
beforeEach(() => {
  place = { ...room, ...room.openShop() };
});
afterEach(() => room.checkRules());
const makingOf = ({ owner }: ReportShop['shop']) => `POST /repos/${owner.login}/shop/deployments`;

/** What GitHub lists, oldest first: environment, and all that was said of it. */
const shown = () =>
  place.shop.deployments
    .values()
    .map(({ environment, statuses }) => `${environment}: ${statuses.map(({ state }) => state).join(' ')}`)
    .toArray();

const slugOf = async ({ projectId }: { readonly projectId: string }) =>
  (await findProject(room.room.db, projectId))?.slug;

describe('a GitHub deployment', () => {
  it('is made for each deployment, at the commit that is built, and leads to its site', async () => {
    const { push, build, report, shop } = place;
    const deployment = await push('topic');
    await report();
    await build(deployment);
    await report();
    await report();
    const [made, ...others] = [...shop.deployments.values()];
    expect(others).toEqual([]);
    expect(made).toMatchObject({
      sha: deployment.commit,
      environment: 'preview/topic',
      isTransient: true,
      isProduction: false,
      payload: { offshoot: deployment.id },
    });
    expect(shown()).toEqual(['preview/topic: queued success']);
    expect(made?.statuses.at(-1)).toMatchObject({
      environmentUrl: `http://topic--${await slugOf(deployment)}.localhost:8000`,
      logUrl: `http://deploy.example.com/deployments/${deployment.id}`,
    });
  });

  it('is not made of what is skipped, nor of what was over before GitHub heard of it', async () => {
    const { push, report, room } = place;
    await push('topic', 'Words [skip ci]');
    await cancel((await push('other')).id, room.dependencies);
    await report();
    expect(shown()).toEqual([]);
  });

  it('is not made while nobody knows whether it is built: what is skipped would stay under way there', async () => {
    const { push, report, room } = place;
    const { id } = await push('topic');
    const heldUntil = new Date(Date.now() + 60_000);
    await room.db.update(deployments).set({ heldUntil }).where(eq(deployments.id, id));
    await report();
    expect(shown()).toEqual([]);
    await room.db.update(deployments).set({ heldUntil: null }).where(eq(deployments.id, id));
    await report();
    expect(shown()).toEqual(['preview/topic: queued']);
  });

  it('fails as its build does', async () => {
    const { push, fail, report } = place;
    await fail(await push('topic'));
    await report();
    expect(shown()).toEqual(['preview/topic: failure']);
  });

  it('is inactive when another one is served in its place', async () => {
    const { push, build, report } = place;
    await build(await push('topic'));
    await report();
    await build(await push('topic'));
    await report();
    expect(shown()).toEqual(['preview/topic: success inactive', 'preview/topic: success']);
  });

  it('is inactive when it gave way to a newer one, or was canceled', async () => {
    const { push, report, room } = place;
    await push('topic');
    await report();
    const { id } = await push('topic');
    await report();
    await cancel(id, room.dependencies);
    await report();
    expect(shown()).toEqual(['preview/topic: queued inactive', 'preview/topic: queued inactive']);
  });

  it('of production follows what production serves', async () => {
    const { push, build, report, room } = place;
    const first = await push('main');
    await build(first);
    await report();
    await build(await push('main'));
    await report();
    await promote(first.id, room.dependencies);
    await report();
    expect(shown()).toEqual(['production: success inactive success', 'production: success inactive']);
  });

  it('of a deleted branch is inactive', async () => {
    const { push, build, report, deleteBranch } = place;
    await build(await push('topic'));
    await report();
    await deleteBranch('topic');
    await report();
    expect(shown()).toEqual(['preview/topic: success inactive']);
  });

  it('names its project where others are made of the same repository', async () => {
    const { push, report, room, shop } = place;
    const { projectId } = await push('topic');
    await room.createProject({ repositoryId: shop.id });
    await report();
    expect(shown()).toEqual([`${await slugOf({ projectId })}/preview/topic: queued`]);
  });

  it('is one for each deployment of the same commit', async () => {
    const { push, fail, build, report, room } = place;
    const first = await push('topic');
    await fail(first);
    await report();
    room.clock.now += 1000;
    const again = await redeploy(first.id, { kind: 'administrator' }, room.dependencies);
    if (again.outcome !== 'deployed') throw new Error(again.outcome);
    await build(again.deployment);
    await report();
    expect(shown()).toEqual(['preview/topic: failure', 'preview/topic: success']);
  });

  it.each(['lostReply', 'lateServerError'] as const)('is made once, also after a %s', async (fault) => {
    const { push, report, github, shop } = place;
    github.faults.once(fault, makingOf(shop));
    await push('topic');
    await report();
    expect(shown()).toEqual(['preview/topic: queued']);
  });

  it('whose making got no answer says that it was canceled meanwhile', async () => {
    const { push, report, github, room, clock, shop } = place;
    github.faults.once('lostReply', makingOf(shop));
    const { id } = await push('topic');
    const reported = report();
    const canceled = clock.run(async () => {
      await clock.sleep(4000);
      await cancel(id, room.dependencies);
    });
    await Promise.all([reported, canceled]);
    await report();
    expect(shown()).toEqual(['preview/topic: inactive']);
  });

  it('that GitHub refuses is refused for good, people see why, and the status is told all the same', async () => {
    const { push, report, github, shop, room, installation } = place;
    const { id } = await push('topic');
    Object.assign(installation, { permissions: { ...installation.permissions, deployments: 'read' } });
    await report();
    const requests = github.requests.length;
    await report();
    expect(github.requests).toHaveLength(requests);
    const [row] = await room.db.select().from(deployments).where(eq(deployments.id, id));
    expect(row?.githubDeploymentProblem).toContain('GitHub answered 403');
    expect(row?.reportProblem).toBeNull();
    expect(shop.statuses.map(({ state }) => state)).toEqual(['pending']);
  });
});
