import { createSign, generateKeyPairSync } from 'node:crypto';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUIET } from './clients.ts';
import { startGitHub } from './github.ts';
import type { GitHub } from './github.ts';
import { DESCRIPTION } from './openapi.ts';
import { allRoutes } from './routes/all.ts';
import type { Installation, Repository } from './state.ts';

let github: GitHub;
let shop: Repository;
let vault: Repository;
let installation: Installation;

beforeEach(async () => {
  github = await startGitHub();
  shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
  vault = github.createRepository('ada/vault', { files: { 'secret.txt': 'x' }, isPrivate: true });
  installation = github.install('ada');
});

afterEach(() => github.close());

function asApp(baseUrl = github.apiUrl): Octokit {
  const { id: appId, privateKey } = github.app;
  return new Octokit({ baseUrl, log: QUIET, authStrategy: createAppAuth, auth: { appId, privateKey } });
}

function withToken(auth?: string, baseUrl = github.apiUrl): Octokit {
  return new Octokit({ baseUrl, log: QUIET, auth });
}

async function asInstallation(
  narrowed: { repository_ids?: number[]; permissions?: Record<string, 'read' | 'write'> } = {},
): Promise<Octokit> {
  const { data } = await asApp().apps.createInstallationAccessToken({
    installation_id: installation.id,
    ...narrowed,
  });
  return withToken(data.token);
}

/** What an answer that is no success says. */
async function refusal(work: Promise<unknown>): Promise<{ status: number; message: string }> {
  const error = await work.then(
    () => undefined,
    (failure: { status: number; response: { data: { message: string } } }) => failure,
  );
  if (error === undefined) throw new Error('It was answered with success');
  return { status: error.status, message: error.response.data.message };
}

const at = () => ({ owner: 'ada', repo: shop.name });
const FORBIDDEN = { status: 403, message: 'Resource not accessible by integration' };
const NOT_FOUND = { status: 404, message: 'Not Found' };

test("each route is in GitHub's description, and each description has a route", () => {
  expect(Object.keys(allRoutes).toSorted()).toEqual(Object.keys(DESCRIPTION.operations).toSorted());
  expect(DESCRIPTION.source).toMatch(/^@octokit\/openapi \d+\.\d+\.\d+, /);
});

describe('an App', () => {
  test('is itself by its JWT, and finds its installations', async () => {
    const app = asApp();
    expect((await app.apps.getAuthenticated()).data).toMatchObject({
      id: github.app.id,
      slug: 'offshoot',
      permissions: { statuses: 'write', contents: 'read' },
    });
    expect((await app.apps.listInstallations()).data.map(({ id }) => id)).toEqual([installation.id]);
    const found = await app.apps.getRepoInstallation({ owner: 'ada', repo: 'vault' });
    expect(found.data).toMatchObject({ id: installation.id, account: { login: 'ada' }, suspended_at: null });
  });

  test.each([
    ['no token', undefined, 'A JSON web token could not be decoded'],
    ['another key', 'other-key', 'A JSON web token could not be decoded'],
    ['no signature', 'none', 'A JSON web token could not be decoded'],
    ['eleven minutes', 660, "'Expiration time' claim ('exp') is too far in the future"],
    [
      'the past',
      -1,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    ],
  ])('is refused with %s', async (_, kind, message) => {
    const auth = kind === undefined ? undefined : makeJwt(kind);
    expect(await refusal(withToken(auth).apps.getAuthenticated())).toEqual({ status: 401, message });
  });

  test('that nobody knows is not found', async () => {
    const jwt = makeJwt(60, '4711');
    expect(await refusal(withToken(jwt).apps.getAuthenticated())).toMatchObject({
      status: 404,
      message: 'Integration not found',
    });
  });
});

describe('an installation token', () => {
  test('reads and writes what the App may', async () => {
    const octokit = await asInstallation();
    const listed = await octokit.apps.listReposAccessibleToInstallation();
    expect(listed.data.repositories.map(({ full_name }) => full_name)).toEqual(['ada/shop', 'ada/vault']);
    const { data } = await octokit.repos.get({ owner: 'ada', repo: 'vault' });
    expect(data).toMatchObject({ id: vault.id, private: true, default_branch: 'main' });
    expect(github.violations).toEqual([]);
  });

  test.each<[string, Record<string, 'read' | 'write'>, 'shop' | 'vault', string, unknown]>([
    ['its permission', { statuses: 'write' }, 'shop', 'status', 201],
    ['only the right to read', { statuses: 'read' }, 'shop', 'status', FORBIDDEN],
    ['another permission', { contents: 'read' }, 'shop', 'status', FORBIDDEN],
    ['a repository that it was not given', { statuses: 'write' }, 'vault', 'status', NOT_FOUND],
    ['comments allowed by pull_requests', { pull_requests: 'write' }, 'shop', 'comment', 201],
    ['comments and the right to read issues', { issues: 'read' }, 'shop', 'comment', FORBIDDEN],
    ['a deployment without its permission', { statuses: 'write' }, 'shop', 'deployment', FORBIDDEN],
    ['a deployment', { deployments: 'write' }, 'shop', 'deployment', 201],
  ])('narrowed, with %s', async (_, permissions, repo, what, expected) => {
    github.push(shop, { 'index.html': 'two' }, { branch: 'feature' });
    const pull = github.openPullRequest(shop, { head: 'feature' });
    const octokit = await asInstallation({ repository_ids: [shop.id], permissions });
    const sha = shop.git.tipOf('main')!;
    const place = { owner: 'ada', repo };
    const calls: Record<string, () => Promise<{ status: number }>> = {
      status: () => octokit.repos.createCommitStatus({ ...place, sha, state: 'success' }),
      comment: () => octokit.issues.createComment({ ...place, issue_number: pull.number, body: 'Hi' }),
      deployment: () =>
        octokit.request('POST /repos/{owner}/{repo}/deployments', {
          ...place,
          ref: 'main',
          required_contexts: [],
        }),
    };
    const work = calls[what]!();
    const outcome = await work.then(
      ({ status }) => status,
      () => refusal(work),
    );
    expect(outcome).toEqual(expected);
  });

  test('asks for no more than the installation has', async () => {
    expect(await refusal(asInstallation({ permissions: { contents: 'write' } }))).toMatchObject({
      status: 422,
    });
    const other = github.createRepository('bob/site', { isPrivate: true });
    expect(await refusal(asInstallation({ repository_ids: [other.id] }))).toMatchObject({ status: 422 });
  });

  test('ends after an hour, when it is revoked, and with the installation', async () => {
    let nowMs = Date.now();
    await github.close();
    github = await startGitHub({ now: () => nowMs });
    shop = github.createRepository('ada/shop');
    installation = github.install('ada');
    const [first, second, third] = [await asInstallation(), await asInstallation(), await asInstallation()];
    await first.apps.revokeInstallationAccessToken();
    expect(await refusal(first.repos.get(at()))).toEqual({ status: 401, message: 'Bad credentials' });
    nowMs += 59 * 60_000;
    expect((await second.repos.get(at())).status).toBe(200);
    nowMs += 2 * 60_000;
    expect(await refusal(second.repos.get(at()))).toEqual({ status: 401, message: 'Bad credentials' });
    nowMs -= 61 * 60_000;
    github.uninstall(installation);
    expect(await refusal(third.repos.get(at()))).toMatchObject({ status: 401 });
    expect(await refusal(asInstallation())).toEqual(NOT_FOUND);
  });

  test('of a suspended installation is refused', async () => {
    const octokit = await asInstallation();
    github.suspend(installation);
    const suspended = { status: 403, message: 'This installation has been suspended' };
    expect(await refusal(octokit.repos.get(at()))).toEqual(suspended);
    expect(await refusal(asInstallation())).toEqual(suspended);
    github.unsuspend(installation);
    expect((await octokit.repos.get(at())).status).toBe(200);
  });
});

test('nobody sees what is private, and everybody what is public', async () => {
  expect((await withToken().repos.get(at())).status).toBe(200);
  expect(await refusal(withToken().repos.get({ owner: 'ada', repo: 'vault' }))).toEqual(NOT_FOUND);
  expect(await refusal(withToken('nonsense').repos.get(at()))).toEqual({
    status: 401,
    message: 'Bad credentials',
  });
});

test('lists come in pages, with links to the others', async () => {
  for (let number = 0; number < 100; number += 1) github.createRepository(`ada/site-${number}`);
  const octokit = await asInstallation();
  const all = await octokit.paginate(octokit.apps.listReposAccessibleToInstallation, { per_page: 40 });
  expect(new Set(all.map(({ id }) => id)).size).toBe(102);
  const { data, headers } = await octokit.apps.listReposAccessibleToInstallation({ per_page: 40, page: 3 });
  expect(data.repositories).toHaveLength(22);
  expect(headers.link).toContain('rel="prev"');
  expect(headers.link).not.toContain('rel="next"');
});

test('what was renamed or transferred is found by its old name and its number', async () => {
  const octokit = await asInstallation();
  github.renameRepository(shop, 'store');
  const { data } = await octokit.repos.get({ owner: 'ada', repo: 'shop' });
  expect(data).toMatchObject({ id: shop.id, full_name: 'ada/store' });
  const byId = await octokit.request('GET /repositories/{id}', { id: shop.id });
  expect((byId.data as { full_name: string }).full_name).toBe('ada/store');
  const sha = shop.git.tipOf('main')!;
  const status = { owner: 'ada', repo: 'shop', sha, state: 'success' as const };
  expect((await octokit.repos.createCommitStatus(status)).status).toBe(201);
  expect(shop.statuses).toHaveLength(1);
});

test('the API is also below /api/v3, as GitHub Enterprise Server has it', async () => {
  const baseUrl = `${github.webUrl}/api/v3`;
  expect((await asApp(baseUrl).apps.getAuthenticated()).data?.id).toBe(github.app.id);
  const { data } = await withToken(undefined, baseUrl).repos.get(at());
  expect(data.id).toBe(shop.id);
});

describe('commits and refs', () => {
  test('branches with slashes, refs by their beginning, and commits by name', async () => {
    const octokit = await asInstallation();
    const sha = github.push(shop, { 'index.html': 'two' }, { branch: 'feature/x', message: 'Two\n\nWhy' });
    const { data: branch } = await octokit.repos.getBranch({ ...at(), branch: 'feature/x' });
    expect(branch.commit).toMatchObject({ sha, commit: { message: 'Two\n\nWhy' } });
    expect((await octokit.git.getRef({ ...at(), ref: 'heads/feature/x' })).data.object.sha).toBe(sha);
    const { data: matching } = await octokit.git.listMatchingRefs({ ...at(), ref: 'heads/' });
    expect(matching.map(({ ref }) => ref)).toEqual(['refs/heads/feature/x', 'refs/heads/main']);
    expect((await octokit.repos.listBranches(at())).data.map(({ name }) => name)).toEqual([
      'feature/x',
      'main',
    ]);
    expect((await octokit.repos.getCommit({ ...at(), ref: sha })).data.sha).toBe(sha);
    expect(await refusal(octokit.repos.getBranch({ ...at(), branch: 'gone' }))).toMatchObject({
      status: 404,
    });
    expect(await refusal(octokit.git.getRef({ ...at(), ref: 'heads/gone' }))).toEqual(NOT_FOUND);
  });

  test('a comparison has what the second has since both parted, 300 files at most', async () => {
    const octokit = await asInstallation();
    const files = Object.fromEntries(
      Array.from({ length: 310 }, (_, index) => [`docs/${index}.md`, 'text\n']),
    );
    const base = shop.git.tipOf('main')!;
    github.push(shop, { 'index.html': 'one\nmore', ...files }, { branch: 'wide', parents: [base] });
    github.push(shop, { 'other.txt': 'x' }, { branch: 'main' });
    const { data } = await octokit.repos.compareCommitsWithBasehead({ ...at(), basehead: 'main...wide' });
    expect(data).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1 });
    expect(data.files).toHaveLength(300);
    expect(data.merge_base_commit.sha).toBe(base);
    const one = await octokit.repos.compareCommitsWithBasehead({ ...at(), basehead: `${base}...main` });
    expect(one.data.files?.map(({ filename, status, additions }) => [filename, status, additions])).toEqual([
      ['index.html', 'removed', 0],
      ['other.txt', 'added', 1],
    ]);
  });

  test('a file of a commit', async () => {
    const octokit = await asInstallation();
    const { data } = await octokit.repos.getContent({ ...at(), path: 'index.html', ref: 'main' });
    expect(Buffer.from((data as { content: string }).content, 'base64').toString()).toBe('one');
    expect(await refusal(octokit.repos.getContent({ ...at(), path: 'offshoot.json' }))).toEqual(NOT_FOUND);
  });
});

describe('statuses', () => {
  test('the newest of each context counts, and all are kept', async () => {
    const octokit = await asInstallation();
    const sha = shop.git.tipOf('main')!;
    const post = (state: 'pending' | 'success' | 'failure', context: string) =>
      octokit.repos.createCommitStatus({ ...at(), sha, state, context, target_url: 'https://x.test/' });
    await post('pending', 'offshoot/shop');
    await post('success', 'offshoot/shop');
    await post('pending', 'ci');
    const { data } = await octokit.repos.getCombinedStatusForRef({ ...at(), ref: sha });
    expect(data).toMatchObject({ state: 'pending', total_count: 2 });
    const listed = await octokit.repos.listCommitStatusesForRef({ ...at(), ref: 'main' });
    expect(listed.data.map(({ context, state }) => [context, state])).toEqual([
      ['ci', 'pending'],
      ['offshoot/shop', 'success'],
      ['offshoot/shop', 'pending'],
    ]);
    expect(listed.data[0]?.creator).toMatchObject({ login: 'offshoot[bot]', type: 'Bot' });
    const alias = await octokit.request('GET /repos/{owner}/{repo}/statuses/{sha}', { ...at(), sha });
    expect(alias.data).toHaveLength(3);
  });

  test('the thousand-and-first of a commit and context is refused for good, others are not', async () => {
    const octokit = await asInstallation();
    const sha = shop.git.tipOf('main')!;
    const status = { ...at(), sha, state: 'success' as const, context: 'offshoot/shop' };
    await octokit.repos.createCommitStatus(status);
    for (let count = 1; count < 1_000; count += 1) shop.statuses.push(shop.statuses[0]!);
    const error = await octokit.repos.createCommitStatus(status).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      status: 422,
      response: {
        data: { errors: [{ message: 'This SHA and context has reached the maximum number of statuses.' }] },
      },
    });
    expect((await octokit.repos.createCommitStatus({ ...status, context: 'other' })).status).toBe(201);
    // Nobody could have known.
    expect(github.violations).toEqual([]);
  });

  test('a description of 140 characters is accepted, and of 141 not', async () => {
    const octokit = await asInstallation();
    const status = { ...at(), sha: shop.git.tipOf('main')!, state: 'success' as const };
    const of = (length: number) =>
      octokit.repos.createCommitStatus({ ...status, description: 'x'.repeat(length) });
    expect((await of(140)).status).toBe(201);
    expect(await refusal(of(141))).toEqual({ status: 422, message: 'Validation Failed' });
    expect(github.violations).toMatchObject([{ rule: 'invalid-request' }]);
    const gone = { ...status, sha: 'f'.repeat(40) };
    expect(await refusal(octokit.repos.createCommitStatus(gone))).toMatchObject({ status: 422 });
  });
});

describe('deployments', () => {
  test('a success makes what was deployed to the same environment before inactive', async () => {
    const octokit = await asInstallation();
    const deploy = async (environment: string) => {
      const { data } = await octokit.repos.createDeployment({
        ...at(),
        ref: 'main',
        environment,
        auto_merge: false,
        required_contexts: [],
        production_environment: false,
      });
      if (!('id' in data)) throw new Error(data.message);
      const status = { ...at(), deployment_id: data.id, environment_url: 'https://x.test/' };
      await octokit.repos.createDeploymentStatus({ ...status, state: 'success' });
      return data.id;
    };
    const [first, second, other] = [await deploy('preview'), await deploy('preview'), await deploy('docs')];
    const states = async (id: number) =>
      (await octokit.repos.listDeploymentStatuses({ ...at(), deployment_id: id })).data.map(
        ({ state }) => state,
      );
    expect(await states(first)).toEqual(['inactive', 'success']);
    expect(await states(second)).toEqual(['success']);
    expect(await states(other)).toEqual(['success']);
    const listed = await octokit.repos.listDeployments({ ...at(), environment: 'preview' });
    expect(listed.data.map(({ id }) => id)).toEqual([second, first]);
  });

  test('is refused while a status is pending, unless no context is required', async () => {
    const octokit = await asInstallation();
    await octokit.repos.createCommitStatus({ ...at(), sha: shop.git.tipOf('main')!, state: 'pending' });
    const deployment = { ...at(), ref: 'main' };
    expect(await refusal(octokit.repos.createDeployment(deployment))).toMatchObject({ status: 409 });
    const forced = await octokit.repos.createDeployment({ ...deployment, required_contexts: [] });
    expect(forced.status).toBe(201);
    expect(await refusal(octokit.repos.createDeployment({ ...at(), ref: 'gone' }))).toMatchObject({
      status: 422,
      message: 'No ref found for: gone',
    });
  });
});

describe('comments of a pull request', () => {
  test('are made, changed, listed and deleted, and say by which App', async () => {
    const octokit = await asInstallation();
    github.push(shop, { 'index.html': 'two' }, { branch: 'feature' });
    const { number } = github.openPullRequest(shop, { head: 'feature' });
    const { data: made } = await octokit.issues.createComment({ ...at(), issue_number: number, body: 'One' });
    expect(made).toMatchObject({ body: 'One', performed_via_github_app: { id: github.app.id } });
    await octokit.issues.updateComment({ ...at(), comment_id: made.id, body: 'Two' });
    const { data: listed } = await octokit.issues.listComments({ ...at(), issue_number: number });
    expect(listed.map(({ body }) => body)).toEqual(['Two']);
    await octokit.issues.deleteComment({ ...at(), comment_id: made.id });
    expect(await refusal(octokit.issues.getComment({ ...at(), comment_id: made.id }))).toEqual(NOT_FOUND);
    const long = (length: number) =>
      octokit.issues.createComment({ ...at(), issue_number: number, body: 'x'.repeat(length) });
    expect((await long(65_536)).status).toBe(201);
    expect(await refusal(long(65_537))).toEqual({ status: 422, message: 'Validation Failed' });
    expect(await refusal(octokit.issues.createComment({ ...at(), issue_number: 99, body: 'x' }))).toEqual(
      NOT_FOUND,
    );
  });
});

test('pull requests are listed by state, head and base, with the files that they change', async () => {
  const octokit = await asInstallation();
  github.push(shop, { 'index.html': 'two', 'a.txt': 'a' }, { branch: 'one' });
  github.push(shop, { 'index.html': 'three' }, { branch: 'two' });
  const one = github.openPullRequest(shop, { head: 'one', isDraft: true });
  const two = github.openPullRequest(shop, { head: 'two' });
  github.closePullRequest(two);
  const numbers = async (query: object) =>
    (await octokit.pulls.list({ ...at(), ...query })).data.map(({ number }) => number);
  expect(await numbers({})).toEqual([one.number]);
  expect(await numbers({ state: 'all' })).toEqual([two.number, one.number]);
  expect(await numbers({ state: 'all', head: 'ada:two' })).toEqual([two.number]);
  const { data } = await octokit.pulls.get({ ...at(), pull_number: one.number });
  expect(data).toMatchObject({
    draft: true,
    head: { sha: one.headSha, repo: { id: shop.id } },
    changed_files: 2,
  });
  const files = await octokit.pulls.listFiles({ ...at(), pull_number: one.number });
  expect(files.data.map(({ filename, status }) => [filename, status])).toEqual([
    ['a.txt', 'added'],
    ['index.html', 'modified'],
  ]);
});

test.each([
  ['admin', 'admin'],
  ['maintain', 'write'],
  ['write', 'write'],
  ['triage', 'read'],
  ['read', 'read'],
  ['none', 'none'],
] as const)('a collaborator with the role %s has the permission %s', async (role, permission) => {
  const octokit = await asInstallation();
  github.setRole(vault, 'bob', role);
  const place = { owner: 'ada', repo: 'vault', username: 'bob' };
  const { data } = await octokit.repos.getCollaboratorPermissionLevel(place);
  expect(data).toMatchObject({ permission, role_name: role });
});

test('check runs are made, completed and listed', async () => {
  const octokit = await asInstallation();
  const head_sha = shop.git.tipOf('main')!;
  const { data } = await octokit.checks.create({ ...at(), name: 'offshoot', head_sha });
  await octokit.checks.update({ ...at(), check_run_id: data.id, conclusion: 'success' });
  const { data: listed } = await octokit.checks.listForRef({ ...at(), ref: 'main' });
  expect(listed.check_runs[0]).toMatchObject({ status: 'completed', conclusion: 'success' });
});

describe("a request that does not fit GitHub's description", () => {
  test.each([
    [
      'a value that is none',
      'POST /repos/ada/shop/statuses/{sha}',
      { state: 'ready' },
      'not a possible value',
    ],
    ['what is missing', 'POST /repos/ada/shop/statuses/{sha}', { context: 'x' }, `"state" wasn't supplied`],
    [
      'a misspelt property',
      'POST /repos/ada/shop/statuses/{sha}',
      { state: 'success', targetUrl: 'x' },
      '"targetUrl" is not a permitted key',
    ],
    ['a property of another type', 'POST /repos/ada/shop/deployments', { ref: 7 }, 'is not a string'],
    [
      'an unknown parameter',
      'GET /repos/ada/shop/branches?perpage=3',
      {},
      '"perpage" is not a permitted key',
    ],
    ['a page that is no number', 'GET /repos/ada/shop/branches?page=first', {}, 'is not a integer'],
  ])('is refused and written down: %s', async (_, route, parameters, words) => {
    const octokit = await asInstallation();
    const work = octokit.request(route, {
      ...parameters,
      ...(route.includes('{sha}') && { sha: shop.git.tipOf('main') }),
    });
    const { status, message } = await refusal(work);
    expect(status).toBe(422);
    expect(message).toContain(words);
    expect(github.violations).toMatchObject([{ rule: 'invalid-request' }]);
  });

  test('and a route that is not served is written down too', async () => {
    expect(await refusal((await asInstallation()).request('GET /repos/ada/shop/nonsense'))).toEqual(
      NOT_FOUND,
    );
    expect(github.violations).toMatchObject([{ rule: 'unknown-route' }]);
  });
});

/** A JWT that is signed by the App's key unless it is said to be by another, and ends after so many seconds. */
function makeJwt(kind: string | number, issuer = String(github.app.id)): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1_000);
  const exp = seconds + (typeof kind === 'number' ? kind : 60);
  const text = `${part({ alg: kind === 'none' ? 'none' : 'RS256', typ: 'JWT' })}.${part({ iat: seconds, exp, iss: issuer })}`;
  if (kind === 'none') return `${text}.`;
  const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const key = kind === 'other-key' ? other : github.app.privateKey;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}
