import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  GITHUB_APP_ID,
  json,
  type InstallationClient,
  type ScriptedGithub,
  startSignedInGithub,
} from '../../../test/support/scripted-github.ts';
import { answer, hangUp } from '../../../test/support/webhook-receiver.ts';
import { ensureGithubDeployment, setGithubDeploymentStatus } from './github-deployment.ts';
import { keepPullRequestComment } from './keep-pull-request-comment.ts';
import { placeOfRepository } from './repository-place.ts';
import { setCommitStatus } from './set-commit-status.ts';

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
