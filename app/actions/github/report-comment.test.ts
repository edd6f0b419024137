import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openReportRoom, type ReportRoom, type ReportShop } from '../../../test/support/report-room.ts';
import type { PullRequest } from '../../../test/support/github/state.ts';
import { findCommentProblem } from '../../db/github-comments.ts';
import { pullRequestComments } from '../../db/github-schema.ts';
import { findProject } from '../../db/projects.ts';
import { parseCommentData } from '../../domain/github/comment-data.ts';
import { LogStoreUnavailable } from '../../logs/stores/log-store.ts';
import { cancel } from '../cancel.ts';

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

const commentsOf = ({ number }: PullRequest) =>
  place.shop.comments
    .values()
    .filter((comment) => comment.number === number)
    .toArray();
/** The one comment; more or none are an error. */
const bodyOf = (pull: PullRequest) => {
  const comments = commentsOf(pull);
  expect(comments).toHaveLength(1);
  return comments[0]?.body ?? '';
};
const dataOf = (pull: PullRequest) => parseCommentData(bodyOf(pull));
const slugOf = async (id: string) => (await findProject(room.room.db, id))?.slug ?? '';
const writesOf = ({ number }: PullRequest) =>
  room.github.requests.filter(
    ({ method, path }) =>
      method !== 'GET' && (path.endsWith(`/issues/${number}/comments`) || path.includes('/issues/comments/')),
  ).length;

describe('a pull request', () => {
  it('has one comment, which follows its head branch', async () => {
    const { push, build, openPull, report } = place;
    const first = await push('topic');
    const pull = await openPull('topic');
    await report();
    const project = await slugOf(first.projectId);
    const page = `http://deploy.example.com/deployments/${first.id}`;
    const { commit } = first;
    expect(dataOf(pull)).toMatchObject([
      { project, status: 'queued', previewUrl: null, deploymentUrl: page, commit },
    ]);
    await build(first);
    await report();
    const previewUrl = `http://topic--${project}.localhost:8000/`;
    expect(dataOf(pull)).toMatchObject([{ status: 'ready', previewUrl, commit }]);
    const second = await push('topic');
    await report();
    expect(dataOf(pull)).toMatchObject([{ status: 'queued', previewUrl, commit: second.commit }]);
  });

  it('whose branch nobody deploys has no comment', async () => {
    const { push, openPull, report, github, shop } = place;
    await push('main');
    github.push(shop, { 'a.txt': '1' }, { branch: 'quiet' });
    const pull = await openPull('quiet');
    await report();
    expect(commentsOf(pull)).toEqual([]);
  });

  it('shows all projects of its repository', async () => {
    const { push, build, fail, openPull, report, room, shop } = place;
    const { projectId } = await push('main');
    const other = await room.createProject({ repositoryId: shop.id });
    await push('topic');
    // Of each project: a push deploys both, in no order that counts.
    const rowOf = (id: string) =>
      room.db.query.deployments.findFirst({
        where: (row, { and }) => and(eq(row.projectId, id), eq(row.ref, 'topic')),
      });
    const [mine, others] = await Promise.all([rowOf(projectId), rowOf(other.id)]);
    if (mine === undefined || others === undefined) throw new Error('one project was not deployed');
    const pull = await openPull('topic');
    await build(mine);
    await fail(others, ['first', 'boom']);
    await report();
    const rows = new Map(dataOf(pull)?.map((row) => [row.project, row.status]));
    expect(rows).toEqual(
      new Map([
        [await slugOf(projectId), 'ready'],
        [other.slug, 'failed'],
      ]),
    );
  });

  it('folds the last lines of the log away when its build failed', async () => {
    const { push, fail, openPull, report } = place;
    const deployment = await push('topic');
    const pull = await openPull('topic');
    await fail(
      deployment,
      Array.from({ length: 80 }, (_, index) => `line ${index + 1}.`),
    );
    await report();
    const body = bodyOf(pull);
    expect(body).toContain('<details>');
    expect(body).toContain('line 80.');
    expect(body).toContain('line 31.');
    expect(body).not.toContain('line 30.');
  });

  it('gets the log later when logs can’t be read, and the rest at once', async () => {
    const { push, fail, openPull, report, room } = place;
    const pull = await openPullOf(push, openPull);
    const { logs } = room.dependencies;
    const { readTail } = logs;
    Object.assign(logs, { readTail: () => Promise.reject(new LogStoreUnavailable('away')) });
    try {
      await fail(pull.deployment, ['boom']);
      await report();
    } finally {
      Object.assign(logs, { readTail });
    }
    expect(dataOf(pull.pull)).toMatchObject([{ status: 'failed' }]);
    expect(bodyOf(pull.pull)).not.toContain('boom');
    await room.db
      .update(pullRequestComments)
      .set({ againAt: new Date(0) })
      .where(eq(pullRequestComments.repositoryId, place.shop.id));
    await report();
    expect(bodyOf(pull.pull)).toContain('boom');
  });

  it('of a fork shows what waits for approval, and what is built of it alone', async () => {
    const { push, github, shop, openPull, block, report } = place;
    const { projectId } = await push('topic');
    const fork = github.fork(shop, `fork-of-${shop.owner.login}`);
    github.push(fork, { 'a.txt': 'theirs' }, { branch: 'topic' });
    const pull = await openPull('topic', fork);
    const deployment = await block(pull);
    await report();
    const project = await slugOf(projectId);
    expect(dataOf(pull)).toMatchObject([{ project, status: 'blocked', commit: deployment.commit }]);
    expect(bodyOf(pull)).toContain('comes from a fork');
  });

  it('that is closed says that it is not served any more, and stays so', async () => {
    const { push, build, openPull, closePull, report } = place;
    const deployment = await push('topic');
    const pull = await openPull('topic');
    await build(deployment);
    await report();
    await closePull(pull);
    await report();
    expect(bodyOf(pull)).toContain('This pull request is closed');
    expect(dataOf(pull)).toMatchObject([{ status: 'ready', previewUrl: null }]);
    const writes = writesOf(pull);
    await push('topic');
    await report();
    expect(writesOf(pull)).toBe(writes);
  });

  it('that was closed before anything was said gets no comment', async () => {
    const { push, openPull, closePull, report } = place;
    await push('topic');
    const pull = await openPull('topic');
    await closePull(pull);
    await report();
    expect(commentsOf(pull)).toEqual([]);
  });
});

const openPullOf = async (push: ReportShop['push'], openPull: ReportShop['openPull']) => {
  const deployment = await push('topic');
  return { deployment, pull: await openPull('topic') };
};

describe('the comment', () => {
  it.each(['lostReply', 'lateServerError'] as const)('is written once, also after a %s', async (fault) => {
    const { push, openPull, report, github, shop } = place;
    const { pull } = await openPullOf(push, openPull);
    github.faults.once(fault, `POST /repos/${shop.owner.login}/shop/issues/`);
    await report();
    expect(dataOf(pull)).toMatchObject([{ status: 'queued' }]);
  });

  it('that somebody deleted is written anew, and one that somebody edited is mended, at the next change', async () => {
    const { push, openPull, report, github, room } = place;
    const { pull } = await openPullOf(push, openPull);
    await report();
    const [written] = commentsOf(pull);
    if (written === undefined) throw new Error('nothing was written');
    github.deleteComment(pull, written);
    const second = await push('topic');
    await report();
    expect(dataOf(pull)).toMatchObject([{ commit: second.commit }]);
    const [anew] = commentsOf(pull);
    expect(anew?.id).not.toBe(written.id);
    Object.assign(anew ?? {}, { body: `${anew?.body} and more` });
    await cancel(second.id, room.dependencies);
    await report();
    expect(dataOf(pull)).toMatchObject([{ status: 'canceled' }]);
    expect(bodyOf(pull)).not.toContain('and more');
  });

  it('is found among those of others, which are left alone', async () => {
    const { push, openPull, report, github, build } = place;
    const { pull, deployment } = await openPullOf(push, openPull);
    await report();
    const theirs = github.comment(pull, bodyOf(pull));
    await build(deployment);
    await report();
    expect(theirs.body).toContain('"status":"queued"');
    const ours = commentsOf(pull).filter(({ viaApp }) => viaApp !== null);
    expect(ours).toHaveLength(1);
    expect(ours[0]?.body).toContain('"status":"ready"');
  });

  it('that GitHub refuses is not tried again until something changes, and people see why', async () => {
    const { push, openPull, report, github, room, installation, build } = place;
    const { permissions } = installation;
    Object.assign(installation, { permissions: { ...permissions, issues: 'read', pull_requests: 'read' } });
    const { pull, deployment } = await openPullOf(push, openPull);
    await report();
    const requests = github.requests.length;
    await report();
    expect(github.requests).toHaveLength(requests);
    expect(await findCommentProblem(room.db, deployment.id)).toContain('GitHub answered 403');
    Object.assign(installation, { permissions });
    // Tokens keep what they were made with.
    for (const token of github.state.tokens.values()) Object.assign(token, { permissions });
    await build(deployment);
    await report();
    expect(dataOf(pull)).toMatchObject([{ status: 'ready' }]);
    expect(await findCommentProblem(room.db, deployment.id)).toBeUndefined();
  });
});
