import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NONCE_HEADER } from '../../contracts/build-report.ts';
import { serveForTest, type TestServer } from '../../test/support/api-client.ts';
import { type BuilderRoom, openBuilderRoom } from '../../test/support/builder-room.ts';
import { findOpenBuild } from './builder-auth.ts';

let room: BuilderRoom;
let server: TestServer;
beforeAll(async () => {
  room = await openBuilderRoom();
  const app = new Hono().post('/', async (context) => {
    const build = await findOpenBuild(context, room.db);
    return build instanceof Response ? build : context.json(build);
  });
  server = await serveForTest(app.fetch);
});
afterAll(async () => {
  await server.close();
  await room.dispose();
});

test('other rooms learn whose build a request is of, while its attempt is open', async () => {
  const attempt = await room.launch();
  const { token, nonce, deploymentId } = attempt;
  const headers = { authorization: `Bearer ${token}`, [NONCE_HEADER]: nonce };
  expect((await server.send('POST', '/', { headers })).status).toBe(401);
  await attempt.claim();
  expect(await server.send('POST', '/', { headers })).toMatchObject({
    status: 200,
    body: { deploymentId, attempt: 1 },
  });
  const wrong = { ...headers, [NONCE_HEADER]: `${nonce}x` };
  expect((await server.send('POST', '/', { headers: wrong })).status).toBe(401);
  await attempt.post('complete', { result: 'released', phases: [], lastSeq: 0 });
  expect(await server.send('POST', '/', { headers })).toMatchObject({ status: 410, body: { code: 'gone' } });
});

test('refusals are problem documents and name no secret', async () => {
  const { token, nonce } = await room.launch();
  const headers = { authorization: `Bearer ${token}`, [NONCE_HEADER]: nonce };
  const answer = await server.send('POST', '/', { headers });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['www-authenticate']).toContain('Bearer');
  expect(JSON.stringify(answer.body)).not.toContain(token);
  expect(JSON.stringify(answer.body)).not.toContain(nonce);
});
