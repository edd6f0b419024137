import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type DeploymentStates, openDeploymentStates } from '../../../test/support/deployment-states.ts';
import { Visitor } from '../../../test/support/visitor.ts';

let room: ApiRoom;
let states: DeploymentStates;
let visitor: Visitor;
beforeAll(async () => {
  room = await openApiRoom();
  states = await openDeploymentStates(room, room.clock.now - 3_600_000, { name: 'A <b>shop</b>' });
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());

describe('the page of a log', () => {
  it('says whose log it is, and stands though the store of logs is away', async () => {
    const { id } = await states.make({ ref: 'fix/<i>', status: 'failed', reason: 'build_failed' });
    const { status, body } = await visitor.get(`/deployments/${id}/log`);
    expect(status).toBe(200);
    expect(body).toContain('<title>Log · fix/&lt;i&gt; · A &lt;b&gt;shop&lt;/b&gt; · Offshoot</title>');
    expect(body).toContain(`data-log="/logs/${id}"`);
    expect(body).toContain(`<a href="/deployments/${id}">fix/&lt;i&gt;</a>`);
    expect(body).toContain('No line is lost');
    expect(body).toMatch(/<script type="module" src="\/assets\/\w+\/log\/viewer\.ts">/);
    expect(body).toContain('data-live-by="events"');
  });

  it('asks for changes while the log keeps its connection', async () => {
    const { id } = await states.make({ status: 'building', finishedAt: null });
    const { body } = await visitor.get(`/deployments/${id}/log`);
    expect(body).toContain('data-live-by="asking"');
    expect(body).toMatch(/role="status" data-log-part="state">\s*Running\s*</);
  });

  it('is a 404 for what is no deployment, and sends strangers to sign in', async () => {
    expect((await visitor.get(`/deployments/${'x'.repeat(20)}/log`)).status).toBe(404);
    expect((await visitor.get('/deployments/%00/log')).status).toBe(404);
    const { id } = await states.make();
    const answer = await new Visitor(room.server).get(`/deployments/${id}/log`);
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      `/login?next=${encodeURIComponent(`/deployments/${id}/log`)}`,
    ]);
  });
});
