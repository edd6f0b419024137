import { randomUUID } from 'node:crypto';
import { count, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../../test/support/core-room.ts';
import { examples, type Json, payloadOf } from '../../../test/support/example-payloads.ts';
import { findAlias } from '../../db/aliases.ts';
import { findBranch } from '../../db/branches.ts';
import { findGithubDelivery } from '../../db/github-deliveries.ts';
import { githubRepositories } from '../../db/github-schema.ts';
import { findInstallation, findRepository, listProjectsOfRepository } from '../../db/github-repositories.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { deployments, projects } from '../../db/schema.ts';
import type { BranchHead } from '../../domain/github/decide-push.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { syncBranch } from './sync-branch.ts';

const NONE = '0'.repeat(40);
const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const REPOSITORY = 186_853_002;
const PUSHED = Date.parse('2026-01-02T00:00:00Z') / 1000;

let room: CoreRoom;
let head: BranchHead;
beforeEach(async () => {
  head = 'gone';
  room = await openCoreRoom({ readBranchHead: async () => head });
});
afterEach(() => room.dispose());

const receive = (event: string, payload: Json, guid: string = randomUUID()) =>
  receiveDelivery({ guid, event, payload, body: JSON.stringify(payload) }, room.dependencies);

interface Push {
  readonly branch?: string;
  readonly ref?: string;
  readonly from: string;
  readonly to: string;
  /** Seconds after the first one. */
  readonly at: number;
  readonly message?: string;
}
const pushOf = ({
  branch = 'main',
  ref = `refs/heads/${branch}`,
  from,
  to,
  at,
  message = 'A change',
}: Push) =>
  payloadOf('push', {
    ref,
    before: from,
    after: to,
    created: from === NONE,
    deleted: to === NONE,
    head_commit:
      to === NONE ? null : { id: to, message, timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
    repository: { id: REPOSITORY, default_branch: 'main', pushed_at: PUSHED + at },
  });
const push = (given: Push, guid?: string) => receive('push', pushOf(given), guid);
const theProject = async (): Promise<ProjectRow> => {
  const [project] = await listProjectsOfRepository(room.db, REPOSITORY);
  if (project === undefined) throw new Error('there is no project');
  return project;
};
/** What was asked for, oldest first: `commit's letter status`. */
const asked = async (branch = 'main') => {
  const rows = await room.db
    .select()
    .from(deployments)
    .where(eq(deployments.ref, branch))
    .orderBy(deployments.createdAt);
  return rows
    .toSorted((one, other) => (one.generation ?? 0) - (other.generation ?? 0))
    .map(({ commit, status }) => `${commit?.[0]} ${status}`);
};

describe('a first push', () => {
  it('makes a project of the repository and deploys the default branch to production', async () => {
    const verdict = await push({ from: NONE, to: A, at: 0, message: 'Paint the door\n\nin red' }, 'guid-1');
    expect(verdict).toEqual({
      outcome: 'handled',
      reason: 'main is at aaaaaaa, which is deployed to production.',
    });
    const project = await theProject();
    expect(project).toMatchObject({ slug: 'hello-world', productionBranch: 'main' });
    expect(project.gitUrl).toMatch(/^https:\/\/github\.com\/Codertocat\/Hello-World\.git$/);
    const [row] = await room.db.select().from(deployments);
    expect(row).toMatchObject({
      commit: A,
      ref: 'main',
      environment: 'production',
      status: 'queued',
      commitSubject: 'Paint the door',
      requestedBy: { kind: 'push', login: 'Codertocat' },
    });
    expect(await findGithubDelivery(room.db, 'guid-1')).toMatchObject({
      ...verdict,
      repositoryId: REPOSITORY,
    });
    expect(room.hinted).toEqual([row?.id]);
  });

  it('of another branch is a preview', async () => {
    await push({ branch: 'topic', from: NONE, to: A, at: 0 });
    expect((await room.db.select().from(deployments))[0]).toMatchObject({
      environment: 'preview',
      ref: 'topic',
    });
  });

  it('belongs to the project that somebody made of its Git URL before', async () => {
    const gitUrl = 'https://github.com/Codertocat/Hello-World';
    const made = await room.createProject({ slug: 'mine', gitUrl, productionBranch: 'main' });
    await push({ from: NONE, to: A, at: 0 });
    expect((await theProject()).id).toBe(made.id);
    expect(await room.db.select().from(projects)).toHaveLength(1);
  });

  it('makes one project, however many come at once', async () => {
    await Promise.all(['main', 'x', 'y', 'z'].map((branch, at) => push({ branch, from: NONE, to: A, at })));
    expect(await room.db.select().from(projects)).toHaveLength(1);
    expect(await room.db.select().from(deployments)).toHaveLength(4);
  });

  it('takes the next slug when a stranger’s project has its name', async () => {
    await room.createProject({ slug: 'hello-world' });
    await push({ from: NONE, to: A, at: 0 });
    expect((await theProject()).slug).toBe('hello-world-2');
  });
});

describe('the same again', () => {
  it('under its GUID is answered as before, at once or at the same time', async () => {
    const given = { from: NONE, to: A, at: 0 };
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => push(given, 'same')));
    expect(new Set(verdicts.map(({ reason }) => reason)).size).toBe(1);
    expect(await push(given, 'same')).toEqual(verdicts[0]);
    expect(await asked()).toEqual(['a queued']);
  });

  it('under a new GUID changes nothing', async () => {
    await push({ from: NONE, to: A, at: 0 });
    expect((await push({ from: NONE, to: A, at: 0 })).outcome).toBe('ignored');
    expect(await asked()).toEqual(['a queued']);
  });
});

describe('pushes in a row', () => {
  it('each deploy, and the newest takes the place of those that wait', async () => {
    await push({ from: NONE, to: A, at: 0 });
    await push({ from: A, to: B, at: 10 });
    expect(await asked()).toEqual(['a superseded', 'b queued']);
  });

  it('from A to B and by force back to A deploy A again', async () => {
    await push({ from: NONE, to: A, at: 0 });
    await push({ from: A, to: B, at: 10 });
    await push({ from: B, to: A, at: 20 });
    expect(await asked()).toEqual(['a superseded', 'b superseded', 'a queued']);
  });

  it('that come in the wrong order end where GitHub says that the branch is', async () => {
    await push({ from: NONE, to: A, at: 0 });
    expect((await push({ from: B, to: C, at: 20 })).outcome).toBe('deferred');
    expect((await push({ from: A, to: B, at: 10 })).outcome).toBe('deferred');
    expect(await asked()).toEqual(['a queued']);
    head = { commit: C, message: 'Third' };
    await syncBranch({ projectId: (await theProject()).id, branch: 'main' }, room.dependencies);
    expect(await asked()).toEqual(['a superseded', 'c queued']);
    // A second job of the same kind finds nothing to do.
    await syncBranch({ projectId: (await theProject()).id, branch: 'main' }, room.dependencies);
    expect(await asked()).toEqual(['a superseded', 'c queued']);
  });

  it('that are late never bring an old commit back', async () => {
    await push({ from: NONE, to: A, at: 0 });
    await push({ from: A, to: B, at: 10 });
    expect((await push({ from: B, to: A, at: 5 })).outcome).toBe('deferred');
    head = { commit: B, message: '' };
    await syncBranch({ projectId: (await theProject()).id, branch: 'main' }, room.dependencies);
    expect(await asked()).toEqual(['a superseded', 'b queued']);
  });

  it('that move a branch while GitHub is asked where it is are not overruled by its answer', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const { id: projectId } = await theProject();
    let asks = 0;
    const dependencies = {
      ...room.dependencies,
      async readBranchHead(): Promise<BranchHead> {
        asks += 1;
        if (asks > 1) return { commit: B, message: '' };
        await push({ from: A, to: B, at: 10 });
        return { commit: A, message: '' };
      },
    };
    await syncBranch({ projectId, branch: 'main' }, dependencies);
    expect(asks).toBe(2);
    expect(await asked()).toEqual(['a superseded', 'b queued']);
  });
});

describe('a push that is not built', () => {
  it('of a tag says so', async () => {
    const verdict = await push({ ref: 'refs/tags/v1', from: NONE, to: A, at: 0 });
    expect(verdict).toEqual({ outcome: 'ignored', reason: 'Tags are not deployed: v1 is one.' });
    expect(await room.db.select().from(deployments)).toEqual([]);
  });

  it('because its message says so is a skipped deployment, and lets the build before it go live', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const [building] = await room.db.select().from(deployments);
    await push({ from: A, to: B, at: 10, message: 'Mend the docs [skip ci]' });
    expect(await asked()).toEqual(['b skipped', 'a queued']);
    const [skipped] = await room.db.select().from(deployments).where(eq(deployments.commit, B));
    expect(skipped?.message).toContain('[skip ci]');
    expect(skipped?.finishedAt).not.toBeNull();
    const project = await theProject();
    expect(await findBranch(room.db, project.id, 'main')).toMatchObject({
      commit: B,
      generation: building?.generation,
    });
    await push({ from: B, to: C, at: 20 });
    expect(await asked()).toEqual(['b skipped', 'a superseded', 'c queued']);
  });
});

describe('a branch', () => {
  it('that is deleted loses its host and its builds at once', async () => {
    await push({ branch: 'topic', from: NONE, to: A, at: 0 });
    expect(await findAlias(room.db, 'topic--hello-world')).toMatchObject({ state: 'waiting' });
    const verdict = await push({ branch: 'topic', from: A, to: NONE, at: 10 });
    expect(verdict).toEqual({ outcome: 'handled', reason: 'topic was deleted.' });
    expect(await asked('topic')).toEqual(['a canceled']);
    expect(await findAlias(room.db, 'topic--hello-world')).toMatchObject({ state: 'gone' });
    expect((await findBranch(room.db, (await theProject()).id, 'topic'))?.deletedAt).not.toBeNull();
  });

  it('that is gone stays gone when an older push comes late, and lives again by a newer one', async () => {
    await push({ branch: 'topic', from: NONE, to: A, at: 0 });
    await push({ branch: 'topic', from: A, to: NONE, at: 20 });
    expect((await push({ branch: 'topic', from: A, to: B, at: 10 })).outcome).toBe('deferred');
    await syncBranch({ projectId: (await theProject()).id, branch: 'topic' }, room.dependencies);
    expect(await asked('topic')).toEqual(['a canceled']);
    await push({ branch: 'topic', from: NONE, to: C, at: 30 });
    expect(await asked('topic')).toEqual(['a canceled', 'c queued']);
  });

  it('of the merge queue is built without a host of its own', async () => {
    const branch = 'gh-readonly-queue/main/pr-7-abc';
    await push({ branch, from: NONE, to: A, at: 0 });
    expect(await asked(branch)).toEqual(['a queued']);
    const aliases = await room.db.query.aliases.findMany();
    expect(aliases.map(({ kind }) => kind)).toEqual(['deployment']);
  });
});

describe('an installation', () => {
  const installed = (repositories: Json[]) =>
    payloadOf('installation', { repositories, installation: { id: 7 } }, 'created');
  const repositoryOf = (index: number) => ({
    id: 1000 + index,
    name: `r${index}`,
    full_name: `octo/r${index}`,
    private: true,
  });

  it('with 10,000 repositories is noted and starts nothing', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => repositoryOf(index));
    const verdict = await receive('installation', installed(many));
    expect(verdict.reason).toContain('10000 repositories');
    const [counted] = await room.db.select({ rows: count() }).from(githubRepositories);
    expect(counted?.rows).toBe(10_000);
    expect(await room.db.select().from(projects)).toEqual([]);
  });

  it('that is taken away keeps what there is to see', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const { payload } = examples.find(
      ({ name, payload }) => name === 'installation' && payload.action === 'deleted',
    )!;
    const { installation } = pushOf({ from: NONE, to: A, at: 0 }) as { installation: { id: number } };
    await receive('installation', {
      ...payload,
      installation: { ...(payload.installation as Json), id: installation.id },
    });
    const rows = await room.db.select().from(githubRepositories).where(eq(githubRepositories.id, REPOSITORY));
    expect(rows[0]?.removedAt).not.toBeNull();
    expect((await theProject()).deletedAt).toBeNull();
  });

  it('is what the newest word says, whatever GitHub delivers again after it', async () => {
    const say = (action: string, hour: number) =>
      receive(
        'installation',
        payloadOf(
          'installation',
          { action, installation: { id: 7, updated_at: `2026-01-01T0${hour}:00:00Z` } },
          'suspend',
        ),
      );
    const read = async () => (await findInstallation(room.db, 7)) ?? {};
    await say('created', 1);
    await say('unsuspend', 3);
    expect(await say('suspend', 2)).toMatchObject({ outcome: 'ignored' });
    expect(await read()).toMatchObject({ suspendedAt: null, deletedAt: null });
    await say('deleted', 5);
    expect(await say('created', 4)).toMatchObject({ outcome: 'ignored' });
    expect(await read()).not.toMatchObject({ deletedAt: null });
  });
});

describe('a repository', () => {
  const change = (action: string, changes: Json) =>
    receive(
      'repository',
      payloadOf(
        'repository',
        { action, ...changes, repository: { id: REPOSITORY, ...(changes['repository'] as Json) } },
        action,
      ),
    );

  it('that is renamed keeps its project, which is fetched from its new address', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const before = await theProject();
    await change('renamed', {
      repository: { full_name: 'Codertocat/New', html_url: 'https://github.com/Codertocat/New' },
    });
    expect(await theProject()).toMatchObject({
      id: before.id,
      slug: before.slug,
      gitUrl: 'https://github.com/Codertocat/New.git',
    });
  });

  it('whose default branch is another one changes production, unless somebody has chosen it', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const chosen = await room.createProject({
      slug: 'chosen',
      repositoryId: REPOSITORY,
      productionBranch: 'release',
    });
    await change('edited', {
      changes: { default_branch: { from: 'main' } },
      repository: { default_branch: 'trunk' },
    });
    const found = await listProjectsOfRepository(room.db, REPOSITORY);
    expect(Object.fromEntries(found.map((row) => [row.slug, row.productionBranch]))).toEqual({
      'hello-world': 'trunk',
      [chosen.slug]: 'release',
    });
  });

  it('is what the newest word says, whatever GitHub delivers again after it', async () => {
    await push({ from: NONE, to: A, at: 0 });
    const changeAt = (action: string, hour: number, repository: Json, changes: Json = {}) =>
      change(action, { changes, repository: { ...repository, updated_at: `2030-01-01T0${hour}:00:00Z` } });
    // The first of the two was not delivered: production went to `next`, and back.
    await changeAt('edited', 3, { default_branch: 'main' }, { default_branch: { from: 'next' } });
    const late = await changeAt(
      'edited',
      2,
      { default_branch: 'next' },
      { default_branch: { from: 'main' } },
    );
    expect(late).toMatchObject({ outcome: 'ignored' });
    expect((await theProject()).productionBranch).toBe('main');

    const renamed = { full_name: 'Codertocat/New', html_url: 'https://github.com/Codertocat/New' };
    await changeAt('renamed', 5, renamed);
    await changeAt('publicized', 4, {});
    expect(await findRepository(room.db, REPOSITORY)).toMatchObject({ fullName: 'Codertocat/New' });
  });
});

describe('a delivery', () => {
  it('that can’t be written is not kept either: GitHub hears of it and may deliver it again', async () => {
    const jobs = { ...room.jobs, send: () => Promise.reject(new Error('no queue')) };
    // Of a branch that nobody has seen begin: a job has to ask where it is.
    const payload = pushOf({ from: B, to: A, at: 0 });
    const delivery = { guid: 'lost', event: 'push', payload, body: JSON.stringify(payload) };
    await expect(receiveDelivery(delivery, { ...room.dependencies, jobs })).rejects.toThrow('no queue');
    expect(await findGithubDelivery(room.db, 'lost')).toBeUndefined();
    expect(await room.db.select().from(projects)).toEqual([]);
    expect((await receiveDelivery(delivery, room.dependencies)).outcome).toBe('deferred');
  });

  it('whose body is very large is decided about, and kept without it', async () => {
    const payload = pushOf({ from: NONE, to: A, at: 0 });
    await receiveDelivery(
      { guid: 'large', event: 'push', payload, body: JSON.stringify(payload).padEnd(1_000_001) },
      room.dependencies,
    );
    expect(await findGithubDelivery(room.db, 'large')).toMatchObject({ outcome: 'handled', payload: null });
  });

  it('is kept for 30 days', async () => {
    const payload = pushOf({ from: NONE, to: A, at: 0 });
    for (const guid of ['old', 'young']) {
      await receiveDelivery(
        { guid, event: 'push', payload, body: JSON.stringify(payload) },
        room.dependencies,
      );
      room.clock.now += 31 * 24 * 3_600_000;
    }
    room.clock.now -= 2 * 24 * 3_600_000;
    await collectGarbage(room.dependencies, new AbortController().signal);
    expect(await findGithubDelivery(room.db, 'old')).toBeUndefined();
    expect(await findGithubDelivery(room.db, 'young')).toBeDefined();
  });

  it(
    'of every kind that GitHub gives examples of has an outcome and a reason',
    { timeout: 120_000 },
    async () => {
      const outcomes = new Set<string>();
      for (const { name, payload } of examples) {
        const { outcome, reason } = await receive(name, { installation: { id: 7 }, ...payload });
        expect([name, reason.length > 10]).toEqual([name, true]);
        outcomes.add(outcome);
      }
      expect(outcomes).toContain('handled');
      expect(outcomes).toContain('ignored');
    },
  );
});
