import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  GITHUB_APP_ID,
  json,
  type ScriptedGithub,
  startScriptedGithub,
  tokenAnswer,
} from '../../../test/support/scripted-github.ts';
import { answer, hangUp } from '../../../test/support/webhook-receiver.ts';
import { compareFiles } from './compare-files.ts';
import { ensureGithubDeployment, setGithubDeploymentStatus } from './github-deployment.ts';
import { askForRedelivery, listHookDeliveries } from './hook-deliveries.ts';
import { listBranchHeads } from './list-branch-heads.ts';
import { keepPullRequestComment } from './keep-pull-request-comment.ts';
import { listInstallationRepositories } from './list-installation-repositories.ts';
import { readBranchHead } from './read-branch-head.ts';
import { readCollaboratorPermission } from './read-collaborator-permission.ts';
import { readPullRequest } from './read-pull-request.ts';
import { placeOfRepository } from './repository-place.ts';
import { setCommitStatus } from './set-commit-status.ts';

const OPTIONS = { now: () => 0 };
const PLACE = placeOfRepository('acme/shop');
const COMMIT = 'a'.repeat(40);
const NOT_FOUND = json(404, { message: 'Not Found' });
const BROKEN = json(502, { message: 'Bad Gateway' });
let github: ScriptedGithub;
let client: ReturnType<ScriptedGithub['clients']['installation']>;
beforeAll(async () => {
  github = await startScriptedGithub();
  client = github.clients.installation(1);
  github.next(tokenAnswer(), json(200, { id: 1 }));
  await client.request('GET /repos/{owner}/{repo}', { ...PLACE });
});
afterAll(() => github.close());
beforeEach(() => github.clear());

describe('a commit status', () => {
  const status = {
    commit: COMMIT,
    state: 'success',
    context: 'offshoot/shop',
    description: 'Ready',
    targetUrl: 'https://deploy.example.com/deployments/x',
  } as const;

  it('is set on the commit, with a link', async () => {
    github.next(json(201, { id: 1 }));
    expect(await setCommitStatus(client, PLACE, status, OPTIONS)).toMatchObject({ ok: true });
    expect(github.calls()).toEqual([`POST /repos/acme/shop/statuses/${COMMIT}`]);
    expect(github.lastBody()).toEqual({
      state: 'success',
      context: 'offshoot/shop',
      description: 'Ready',
      target_url: 'https://deploy.example.com/deployments/x',
    });
  });

  it('that GitHub takes no more is refused for good', async () => {
    const message = 'This SHA and context has reached the maximum number of statuses.';
    github.next(json(422, { message }));
    const result = await setCommitStatus(client, PLACE, status, OPTIONS);
    expect(result).toMatchObject({ ok: false, failure: { kind: 'refused', status: 422 } });
  });
});

describe('a GitHub deployment', () => {
  const order = {
    deploymentId: 'd1',
    commit: COMMIT,
    environment: 'Preview – shop',
    description: 'feature',
    isProduction: false,
  };
  const ensure = () => ensureGithubDeployment(client, PLACE, order, OPTIONS);

  it.each([
    ['as an object', { offshoot: 'd1' }],
    ['as a text', JSON.stringify({ offshoot: 'd1' })],
  ])('that is there is found by what was put into it (%s), and not made again', async (_how, payload) => {
    const others = [
      { id: 1, payload: '' },
      { id: 2, payload: { offshoot: 'd2' } },
      { id: 3, payload: '{offshoot' },
      { id: 4, payload: '"offshoot"' },
      { id: 5, payload: null },
    ];
    github.next(json(200, [...others, { id: 6, payload }]));
    expect(await ensure()).toEqual({ ok: true, value: 6 });
    expect(github.calls()).toEqual([
      `GET /repos/acme/shop/deployments?sha=${COMMIT}&environment=Preview%20%E2%80%93%20shop&per_page=100`,
    ]);
  });

  it('is made where there is none, and waits for no check of ours', async () => {
    github.next(json(200, []), json(201, { id: 9, payload: {} }));
    expect(await ensure()).toEqual({ ok: true, value: 9 });
    expect(github.lastBody()).toEqual({
      ref: COMMIT,
      environment: 'Preview – shop',
      description: 'feature',
      production_environment: false,
      transient_environment: true,
      payload: { offshoot: 'd1' },
      auto_merge: false,
      required_contexts: [],
    });
  });

  it('whose making was not answered is found the next time', async () => {
    github.next(json(200, []), hangUp);
    expect(await ensure()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    github.next(json(200, [{ id: 9, payload: { offshoot: 'd1' } }]));
    expect(await ensure()).toEqual({ ok: true, value: 9 });
    expect(github.calls().filter((call) => call.startsWith('POST'))).toHaveLength(1);
  });

  it('is not made while GitHub can’t say whether it is there', async () => {
    github.next(BROKEN);
    expect(await ensure()).toMatchObject({ ok: false });
    expect(github.calls()).toHaveLength(1);
  });

  it('says how it is doing, with the site once there is one', async () => {
    github.next(json(201, { id: 1 }), json(201, { id: 2 }));
    const status = { description: 'Building', logUrl: 'https://deploy.example.com/x' };
    const set = (more: { state: 'in_progress' | 'success'; environmentUrl: string | undefined }) =>
      setGithubDeploymentStatus(client, PLACE, 9, { ...status, ...more }, OPTIONS);
    await set({ state: 'in_progress', environmentUrl: undefined });
    expect(github.lastBody()).toEqual({
      state: 'in_progress',
      description: 'Building',
      log_url: 'https://deploy.example.com/x',
      auto_inactive: false,
    });
    await set({ state: 'success', environmentUrl: 'https://shop.example.com' });
    expect(github.lastBody()).toMatchObject({ environment_url: 'https://shop.example.com' });
    expect(github.calls()[0]).toBe('POST /repos/acme/shop/deployments/9/statuses');
  });
});

describe('the comment of a pull request', () => {
  const comment = {
    number: 7,
    marker: '<!-- offshoot -->',
    body: 'new <!-- offshoot -->',
    appId: GITHUB_APP_ID,
  };
  let pauses = 0;
  const pauseBetweenWrites = async () => void (pauses += 1);
  const keep = () => keepPullRequestComment(client, PLACE, comment, { ...OPTIONS, pauseBetweenWrites });
  beforeEach(() => (pauses = 0));
  const ours = (id: number, body = 'old <!-- offshoot -->') => ({
    id,
    body,
    performed_via_github_app: { id: GITHUB_APP_ID },
  });
  /** Somebody who has copied it, another App, and an account that is gone. */
  const STRANGERS = [
    { id: 1, body: comment.body, performed_via_github_app: null },
    { id: 2, body: comment.body, performed_via_github_app: { id: 5 } },
    { id: 3, body: null },
  ];
  const writes = () => github.calls().filter((call) => !call.startsWith('GET'));

  it('is written where there is none of ours, whatever others have written', async () => {
    github.next(json(200, STRANGERS), json(201, ours(10)));
    expect(await keep()).toMatchObject({ ok: true, value: { id: 10 } });
    expect(writes()).toEqual(['POST /repos/acme/shop/issues/7/comments']);
    expect(github.lastBody()).toEqual({ body: comment.body });
  });

  it('is changed where it is, on a later page too', async () => {
    const page = Array.from({ length: 100 }, (_, index) => ({ id: 100 + index, body: 'x' }));
    github.next(json(200, page), json(200, [...STRANGERS, ours(10)]), json(200, ours(10)));
    expect(await keep()).toMatchObject({ ok: true, value: { id: 10 } });
    expect(writes()).toEqual(['PATCH /repos/acme/shop/issues/comments/10']);
  });

  it('that is as it should be is left alone', async () => {
    github.next(json(200, [ours(10, comment.body)]));
    expect(await keep()).toEqual({ ok: true, value: { id: 10 } });
    expect(writes()).toEqual([]);
  });

  it('that somebody deletes in that moment is written anew', async () => {
    github.next(json(200, [ours(10)]), NOT_FOUND, json(201, ours(11)));
    expect(await keep()).toMatchObject({ ok: true, value: { id: 11 } });
    expect(writes()).toEqual([
      'PATCH /repos/acme/shop/issues/comments/10',
      'POST /repos/acme/shop/issues/7/comments',
    ]);
    expect(pauses).toBe(1);
  });

  it('that is there twice is there once afterwards: the oldest', async () => {
    github.next(json(200, [ours(10), ours(11), ours(12)]), answer(204), NOT_FOUND, json(200, ours(10)));
    expect(await keep()).toMatchObject({ ok: true, value: { id: 10 } });
    expect(writes()).toEqual([
      'DELETE /repos/acme/shop/issues/comments/11',
      'DELETE /repos/acme/shop/issues/comments/12',
      'PATCH /repos/acme/shop/issues/comments/10',
    ]);
    expect(pauses).toBe(2);
  });

  it('is not written while GitHub can’t say whether it is there', async () => {
    github.next(BROKEN);
    expect(await keep()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    expect(writes()).toEqual([]);
  });
});

describe('the head of a branch', () => {
  const read = (branch = 'feature/a b#1') => readBranchHead(client, PLACE, branch, OPTIONS);
  const ref = (name: string) => json(200, { ref: `refs/heads/${name}`, object: { sha: COMMIT } });

  it('is read by its exact name, whatever characters that has', async () => {
    github.next(ref('feature/a b#1'));
    expect(await read()).toEqual({ ok: true, value: { state: 'there', commit: COMMIT } });
    const path = decodeURIComponent(github.received[0]?.path ?? '');
    expect(path).toBe('/api/v3/repos/acme/shop/git/ref/heads/feature/a b#1');
    expect(github.received[0]?.path).toContain('%23');
  });

  it.each([
    ['GitHub knows none', NOT_FOUND],
    ['GitHub answers with another one', ref('other')],
    ['the repository is empty', json(409, { message: 'Git Repository is empty.' })],
  ])('is gone where %s and the repository is there', async (_why, behaviour) => {
    github.next(behaviour, json(200, { id: 1 }));
    expect(await read()).toEqual({ ok: true, value: { state: 'gone' } });
  });

  it('of a repository that the App may not see is unknown: nothing was deleted', async () => {
    github.next(NOT_FOUND, NOT_FOUND);
    expect(await read()).toMatchObject({ ok: false, failure: { kind: 'not_found' } });
  });

  it('is unknown while GitHub is broken', async () => {
    github.next(BROKEN);
    expect(await read()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    github.next(NOT_FOUND, BROKEN);
    expect(await read()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
  });
});

describe('what somebody may do', () => {
  const read = (login = 'ada') => readCollaboratorPermission(client, PLACE, login, OPTIONS);

  it.each(['none', 'read', 'write', 'admin'])('is what GitHub says: %s', async (permission) => {
    github.next(json(200, { permission, role_name: 'x' }));
    expect(await read()).toEqual({ ok: true, value: permission });
    expect(github.calls()).toEqual(['GET /repos/acme/shop/collaborators/ada/permission']);
  });

  it('is nothing for somebody whom GitHub does not know, and unknown for a word of tomorrow', async () => {
    github.next(NOT_FOUND, json(200, { permission: 'owner' }));
    expect(await read()).toEqual({ ok: true, value: 'none' });
    expect(await read()).toMatchObject({ ok: false });
  });

  it('is asked for one name, whatever that holds', async () => {
    github.next(NOT_FOUND);
    await read('../../x');
    expect(github.received[0]?.path).toContain('/collaborators/..%2F..%2Fx/permission');
  });
});

describe('the files that changed', () => {
  const compare = () => compareFiles(client, PLACE, { base: 'b'.repeat(40), head: COMMIT }, OPTIONS);
  const files = (count: number) => Array.from({ length: count }, (_, index) => ({ filename: `f${index}` }));

  it('are known, renamed ones by both names', async () => {
    const renamed = { filename: 'new.md', previous_filename: 'old.md' };
    github.next(json(200, { status: 'ahead', files: [{ filename: 'a.ts' }, renamed] }));
    expect(await compare()).toEqual({
      ok: true,
      value: { state: 'known', paths: ['a.ts', 'new.md', 'old.md'] },
    });
  });

  it.each([
    ['none, of the same commit', 200, { status: 'identical', files: [] }, { state: 'known', paths: [] }],
    ['unknown at GitHub’s limit', 200, { status: 'ahead', files: files(300) }, { state: 'unknown' }],
    ['unknown after a force push', 200, { status: 'diverged', files: files(1) }, { state: 'unknown' }],
    ['unknown after going back', 200, { status: 'behind', files: [] }, { state: 'unknown' }],
    ['unknown without a list', 200, { status: 'ahead' }, { state: 'unknown' }],
    ['unknown where a commit is gone', 404, { message: 'Not Found' }, { state: 'unknown' }],
    ['unknown where it is too much', 422, { message: 'too big' }, { state: 'unknown' }],
  ])('are %s', async (_what, status, body, expected) => {
    github.next(json(status, body));
    expect(await compare()).toEqual({ ok: true, value: expected });
  });

  it('just below the limit are known', async () => {
    github.next(json(200, { status: 'ahead', files: files(299) }));
    expect(await compare()).toMatchObject({ ok: true, value: { state: 'known' } });
  });

  it('can’t be told while GitHub is broken', async () => {
    github.next(BROKEN);
    expect(await compare()).toMatchObject({ ok: false });
  });
});

describe('the heads of a repository', () => {
  const list = () => listBranchHeads(client, PLACE, OPTIONS);
  const ref = (name: string, sha: string) => ({ ref: `refs/heads/${name}`, object: { sha } });
  const [A, B] = ['a'.repeat(40), 'b'.repeat(40)] as [string, string];

  it('come with one call', async () => {
    github.next(json(200, [ref('main', A), ref('feature/x', B)]));
    expect(await list()).toEqual({
      ok: true,
      value: new Map([
        ['main', A],
        ['feature/x', B],
      ]),
    });
    expect(github.calls()).toEqual(['GET /repos/acme/shop/git/matching-refs/heads%2F']);
  });

  it('are all of them where GitHub answers in pages', async () => {
    const link = `<${github.apiUrl}/repos/acme/shop/git/matching-refs/heads%2F?page=2>; rel="next"`;
    github.next(json(200, [ref('main', A)], { link }), json(200, [ref('topic', B)]));
    expect(await list()).toMatchObject({
      ok: true,
      value: new Map([
        ['main', A],
        ['topic', B],
      ]),
    });
    expect(github.calls()[1]).toBe('GET /repos/acme/shop/git/matching-refs/heads%2F?page=2');
  });

  it('are none where nobody has pushed anything yet', async () => {
    github.next(json(409, { message: 'Git Repository is empty.' }));
    expect(await list()).toEqual({ ok: true, value: new Map() });
  });

  it('can’t be told while GitHub is broken', async () => {
    github.next(BROKEN);
    expect(await list()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
  });
});

describe('the deliveries of webhooks', () => {
  /** Beyond what a number holds, as GitHub sends it. */
  const BIG_ID = '170730211632881930';
  const delivery = (id: string, at: string, changes: object = {}) => {
    const body = JSON.stringify({
      id: 0,
      guid: `guid-${id}`,
      delivered_at: at,
      redelivery: false,
      status_code: 502,
      event: 'push',
      action: null,
      ...changes,
    });
    return body.replace('"id":0', `"id":${id}`);
  };
  const page = (deliveries: string[], next?: string) =>
    answer(200, `[${deliveries.join(',')}]`, {
      'content-type': 'application/json',
      ...(next && { link: `<${github.apiUrl}/app/hook/deliveries?per_page=100&cursor=${next}>; rel="next"` }),
    });
  const since = new Date('2026-01-01T10:00:00Z');
  const list = () => listHookDeliveries(github.clients, since, OPTIONS);

  it('are read back to a moment, page by page, with ids beyond what numbers hold', async () => {
    github.next(
      page([delivery(BIG_ID, '2026-01-01T12:00:00Z'), delivery('2', '2026-01-01T11:00:00Z')], 'v1_2'),
      page([delivery('1', '2026-01-01T10:00:00Z'), delivery('0', '2026-01-01T09:59:59Z')], 'v1_0'),
    );
    const result = await list();
    expect(result).toMatchObject({
      ok: true,
      value: {
        next: null,
        deliveries: [
          { id: BIG_ID, guid: `guid-${BIG_ID}`, statusCode: 502, event: 'push', isRedelivery: false },
          { id: '2' },
          { id: '1' },
        ],
      },
    });
    expect(github.calls()).toEqual([
      'GET /app/hook/deliveries?per_page=100',
      'GET /app/hook/deliveries?per_page=100&cursor=v1_2',
    ]);
  });

  it('are all where there are no more pages', async () => {
    github.next(page([delivery('5', '2026-01-01T12:00:00Z')]));
    expect(await list()).toMatchObject({ ok: true, value: { next: null } });
  });

  it('are read in parts where they are too many for one', async () => {
    const pages = Array.from({ length: 50 }, (_, index) =>
      page([delivery(String(99 - index), '2026-01-01T12:00:00Z')], `v1_${98 - index}`),
    );
    github.next(...pages);
    expect(await list()).toMatchObject({ ok: true, value: { next: 'v1_49' } });
    github.clear();
    github.next(page([delivery('49', '2026-01-01T12:00:00Z')]));
    expect(await listHookDeliveries(github.clients, since, { ...OPTIONS, from: 'v1_49' })).toMatchObject({
      ok: true,
      value: { next: null, deliveries: [{ id: '49' }] },
    });
    expect(github.calls()).toEqual(['GET /app/hook/deliveries?per_page=100&cursor=v1_49']);
  });

  it('are none at all when a page could not be read', async () => {
    github.next(page([delivery('5', '2026-01-01T12:00:00Z')], 'v1_5'), BROKEN);
    expect(await list()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
  });

  it('can be asked for again, by the exact id', async () => {
    github.next(json(202, {}));
    expect(await askForRedelivery(github.clients, BIG_ID, OPTIONS)).toMatchObject({ ok: true });
    expect(github.calls()).toEqual([`POST /app/hook/deliveries/${BIG_ID}/attempts`]);
  });
});

describe('a pull request', () => {
  const pull = {
    number: 7,
    state: 'open',
    title: 'A title',
    draft: true,
    user: { login: 'ada' },
    head: { ref: 'feature', sha: COMMIT, repo: { id: 2 } },
    base: { ref: 'main', repo: { id: 1 } },
    updated_at: '2026-01-01T12:00:00Z',
  };

  it('is read as it is now', async () => {
    github.next(json(200, pull));
    expect(await readPullRequest(client, PLACE, 7, OPTIONS)).toEqual({
      ok: true,
      value: {
        number: 7,
        isOpen: true,
        title: 'A title',
        isDraft: true,
        authorLogin: 'ada',
        headRef: 'feature',
        headCommit: COMMIT,
        headRepositoryId: 2,
        baseRef: 'main',
        baseRepositoryId: 1,
        updatedAt: new Date('2026-01-01T12:00:00Z'),
      },
    });
    expect(github.calls()).toEqual(['GET /repos/acme/shop/pulls/7']);
  });

  it('of an account and a fork that are gone is read too', async () => {
    github.next(json(200, { ...pull, user: null, head: { ...pull.head, repo: null }, state: 'closed' }));
    expect(await readPullRequest(client, PLACE, 7, OPTIONS)).toMatchObject({
      ok: true,
      value: { isOpen: false, authorLogin: 'ghost', headRepositoryId: null },
    });
  });
});

describe('the repositories of an installation', () => {
  const repositories = (from: number, count: number) =>
    json(200, {
      total_count: 1000,
      repositories: Array.from({ length: count }, (_, index) => ({
        id: from + index,
        full_name: `acme/r${from + index}`,
        html_url: 'https://github.com/acme/r',
        default_branch: 'main',
        private: true,
      })),
    });

  it('are all of them, page by page', async () => {
    github.next(repositories(1, 100), repositories(101, 3));
    const result = await listInstallationRepositories(client, OPTIONS);
    expect(result.ok && [result.value.repositories.length, result.value.isComplete]).toEqual([103, true]);
    expect(result.ok && result.value.repositories[102]).toEqual({
      id: 103,
      fullName: 'acme/r103',
      htmlUrl: 'https://github.com/acme/r',
      defaultBranch: 'main',
      isPrivate: true,
    });
    expect(github.calls()[1]).toBe('GET /installation/repositories?per_page=100&page=2');
  });

  it('are none when a page could not be read: a part would look as if the rest was removed', async () => {
    github.next(repositories(1, 100), BROKEN);
    expect(await listInstallationRepositories(client, OPTIONS)).toMatchObject({ ok: false });
  });
});

describe('a repository’s name', () => {
  it.each(['acme', 'acme/', '/shop', 'a/b/c', ''])('%s is none', (name) => {
    expect(() => placeOfRepository(name)).toThrow('is no owner/name');
  });
});
