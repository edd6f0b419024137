import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { B, pullRequestPayload, type Said } from '../../test/support/pull-request-room.ts';
import { Visitor } from '../../test/support/visitor.ts';
import { receiveDelivery } from '../actions/github/receive-delivery.ts';
import { deployments } from '../db/schema.ts';

let room: ApiRoom;
afterEach(() => room.dispose());

/** An Offshoot that was told of a fork's pull request; the deployment that waits. */
async function open(hasSandbox = true): Promise<string> {
  room = await openApiRoom({ hasSandbox });
  return tell({});
}
async function tell(said: Said): Promise<string> {
  const payload = pullRequestPayload(said);
  const delivery = { guid: randomUUID(), event: 'pull_request', payload, body: JSON.stringify(payload) };
  await receiveDelivery(delivery, room.dependencies);
  const rows = await room.db.select().from(deployments);
  return rows.find(({ status }) => status === 'blocked')?.id ?? '';
}
const post = (id: string, verb: string) => room.client.call('POST', `/api/deployments/${id}/${verb}`);

describe('POST /api/deployments/:id/approve', () => {
  it('queues a fork’s commit, once', async () => {
    const id = await open();
    const { status, body, headers } = await post(id, 'approve');
    expect([status, headers['location']]).toEqual([202, `/api/deployments/${id}`]);
    expect(body).toMatchObject({ id, status: 'queued', refKind: 'pull-request', ref: '7' });
    expect(body['requestedBy']).toEqual({ kind: 'administrator' });
    const again = await post(id, 'approve');
    expect([again.status, again.body['code']]).toEqual([409, 'deployment_not_approvable']);
    expect(again.body['detail']).toBe('This commit was approved already.');
  });

  it('says why not: a newer commit waits', async () => {
    const id = await open();
    await tell({ action: 'synchronize', commit: B, at: 1 });
    const { status, body } = await post(id, 'approve');
    expect([status, body['code']]).toEqual([409, 'deployment_not_approvable']);
    expect(body['detail']).toContain('The fork has a newer commit');
  });

  it('says why not: the machine has no sandbox', async () => {
    const id = await open(false);
    const { status, body } = await post(id, 'approve');
    expect([status, body['code']]).toEqual([409, 'deployment_not_approvable']);
    expect(body['detail']).toContain('This machine has no sandbox');
  });

  it('knows no deployment of another id', async () => {
    await open();
    expect((await post('x'.repeat(20), 'approve')).status).toBe(404);
  });

  it('is asked of nobody who is not signed in', async () => {
    const id = await open();
    const path = `/api/deployments/${id}/approve`;
    const answer = await room.server.send('POST', path, { headers: { host: 'deploy.example.com' } });
    expect(answer.status).toBe(401);
  });

  it('is not gone around by redeploying, nor does production get it', async () => {
    const id = await open();
    const redeployed = await post(id, 'redeploy');
    expect([redeployed.status, redeployed.body['code']]).toEqual([409, 'deployment_not_rebuildable']);
    await room.db.update(deployments).set({ status: 'ready', manifest: 'a'.repeat(64) });
    const promoted = await post(id, 'promote');
    expect([promoted.status, promoted.body['code']]).toEqual([409, 'deployment_not_promotable']);
    expect(promoted.body['detail']).toContain('fork');
  });
});

describe('the page of a fork’s deployment', () => {
  it('asks before it approves, says what the build gets, and then that it is queued', async () => {
    const id = await open();
    const visitor = await new Visitor(room.server).signIn();
    const { body } = await visitor.get(`/deployments/${id}`);
    expect(body).toContain('Build this commit of a fork?');
    expect(body).toContain('none of the project’s environment variables');
    const form = new RegExp(`<form method="post" action="/deployments/${id}/approve">([\\s\\S]*?)</form>`);
    expect(form.exec(body)?.[1]).toContain('Approve and build');
    const answer = await visitor.post(`/deployments/${id}/approve`);
    expect(answer.headers['location']).toBe(`/deployments/${id}?notice=approved`);
    const [row] = await room.db.select().from(deployments);
    expect(row).toMatchObject({ status: 'queued', isTrusted: false });
  });

  it('says why nothing can be approved on a machine without a sandbox', async () => {
    const id = await open(false);
    const visitor = await new Visitor(room.server).signIn();
    const text = (await visitor.get(`/deployments/${id}`)).body;
    expect(text).toContain('this machine has no sandbox');
    expect(text).not.toContain('Approve this commit');
    const answer = await visitor.post(`/deployments/${id}/approve`);
    expect(answer.headers['location']).toBe(`/deployments/${id}?notice=no-sandbox`);
  });
});
