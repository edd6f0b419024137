import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  json,
  type InstallationClient,
  type ScriptedGithub,
  startSignedInGithub,
} from '../../../test/support/scripted-github.ts';
import { answer } from '../../../test/support/webhook-receiver.ts';
import { askForRedelivery, listHookDeliveries } from './hook-deliveries.ts';
import { listBranchHeads } from './list-branch-heads.ts';
import { listInstallationRepositories } from './list-installation-repositories.ts';
import { readBranchHead } from './read-branch-head.ts';
import { readCollaboratorPermission } from './read-collaborator-permission.ts';
import { readPullRequest } from './read-pull-request.ts';
import { placeOfRepository } from './repository-place.ts';

const OPTIONS = { now: () => 0 };
const PLACE = placeOfRepository('acme/shop');
const COMMIT = 'a'.repeat(40);
const NOT_FOUND = json(404, { message: 'Not Found' });
const BROKEN = json(502, { message: 'Bad Gateway' });
let github: ScriptedGithub;
let client: InstallationClient;
beforeAll(async () => {
  ({ github, client } = await startSignedInGithub());
});
afterAll(() => github.close());
beforeEach(() => github.clear());

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
