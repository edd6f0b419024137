import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { payloadOf } from '../../../test/support/example-payloads.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { receiveDelivery } from '../../actions/github/receive-delivery.ts';
import { findGithubDelivery } from '../../db/github-deliveries.ts';
import { MAX_SHOWN_PAYLOAD_LENGTH } from '../../domain/github/format-payload.ts';

const PATH = '/github/deliveries';
const HOSTILE = '<img src=x onerror=ran=1>';
const MAIN = payloadOf('push', {
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: 'a'.repeat(40),
  created: true,
  deleted: false,
  head_commit: {
    id: 'a'.repeat(40),
    message: HOSTILE,
    timestamp: '2026-01-01T00:00:00Z',
    author: { name: 'Ada' },
  },
  repository: { id: 100, full_name: 'ada/shop', default_branch: 'main', pushed_at: 1_767_225_600 },
});

let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  room = await openApiRoom();
  visitor = await new Visitor(room.server).signIn();
}, 90_000);
afterAll(() => room.dispose());

async function receive(
  guid: string,
  event: string,
  payload: object,
  body = JSON.stringify(payload),
): Promise<void> {
  room.clock.now += 1000;
  await receiveDelivery({ guid, event, payload, body }, room.dependencies);
}
/** How often a text is on a page. */
const countOf = (body: string, text: string) => body.split(text).length - 1;
const open = async (path: string) => {
  const { status, body } = await visitor.get(path);
  expect(status).toBe(200);
  return body;
};

describe('the list of GitHub’s webhooks', () => {
  it('says where to look while there are none', async () => {
    expect(await open(PATH)).toContain('GitHub has sent nothing');
  });

  it('shows each with what was decided and why, the newest first', async () => {
    await receive('push-1', 'push', MAIN);
    await receive('again', 'push', MAIN);
    await receive('star', 'star', payloadOf('star', { action: HOSTILE, repository: { full_name: HOSTILE } }));
    const body = await open(PATH);
    const places = ['star', 'again', 'push-1'].map((guid) => body.indexOf(`href="${PATH}/${guid}"`));
    expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true);
    expect(body).toContain('main is at aaaaaaa, which is deployed to production.');
    expect(body).toContain('Offshoot does nothing about the event star.');
    expect(body).not.toContain('<img');
  });

  it('is filtered by repository and outcome, and says when nothing fits', async () => {
    const shop = await open(`${PATH}?repository=ada%2Fshop&outcome=`);
    expect(countOf(shop, `href="${PATH}/`)).toBe(2);
    const handled = await open(`${PATH}?repository=ada%2Fshop&outcome=handled`);
    expect(countOf(handled, `href="${PATH}/`)).toBe(1);
    expect(handled).toMatch(/value="handled"\s+selected/);
    expect(await open(`${PATH}?repository=${encodeURIComponent('"><script>')}`)).toContain(
      'No webhook fits.',
    );
    expect(await open(`${PATH}?outcome=nonsense&after=nonsense`)).toContain('push-1');
  });

  it('has pages, which keep the filter', async () => {
    for (let index = 0; index < 26; index += 1) await receive(`more-${index}`, 'push', MAIN);
    const first = await open(`${PATH}?repository=ada%2Fshop`);
    const older = /href="([^"]+)">Older/.exec(first)?.[1]?.replaceAll('&amp;', '&');
    expect(older).toContain('repository=ada%2Fshop');
    const second = await open(older ?? '');
    expect(second).toContain(`href="${PATH}/push-1"`);
    expect(second).not.toContain(`href="${PATH}/more-25"`);
    expect(second).toContain('Newest');
  });

  it('is found from the project’s settings', async () => {
    const [, slug] = /\/projects\/([a-z0-9-]+)"/.exec(await open('/')) ?? [];
    expect(await open(`/projects/${slug}/settings`)).toContain(`href="${PATH}?repository=ada%2Fshop"`);
  });

  it('is nothing for strangers', async () => {
    const stranger = new Visitor(room.server);
    for (const path of [PATH, `${PATH}/push-1`, `/live${PATH}`]) {
      expect([303, 401]).toContain((await stranger.get(path)).status);
    }
    expect([303, 401, 403]).toContain((await stranger.post(`${PATH}/push-1/replay`)).status);
    expect((await findGithubDelivery(room.db, 'push-1'))?.replayedAt).toBeNull();
  });
});

describe('one webhook', () => {
  it('shows its body, escaped and without secrets, and asks before it is replayed', async () => {
    await receive('secret', 'push', { ...MAIN, temp_clone_token: 'hush' });
    const body = await open(`${PATH}/secret`);
    expect(body).toContain('&quot;temp_clone_token&quot;: &quot;•••&quot;');
    expect(body).not.toContain('hush');
    expect(body).toContain('&lt;img src=x onerror=ran=1&gt;');
    expect(body).not.toContain('<img');
    expect(body).toContain('Replay this webhook?');
    expect(body).toContain('It moves no branch back');
    expect(body).toContain(`action="${PATH}/secret/replay"`);
  });

  it('is replayed by its button, and then says what was decided now', async () => {
    room.clock.now += 1000;
    const answer = await visitor.post(`${PATH}/push-1/replay`);
    expect([answer.status, answer.headers['location']]).toEqual([303, `${PATH}/push-1?notice=replayed`]);
    expect(await findGithubDelivery(room.db, 'push-1')).toMatchObject({
      outcome: 'ignored',
      replayedAt: new Date(room.clock.now),
    });
    const body = await open(`${PATH}/push-1?notice=replayed`);
    expect(body).toContain('It was decided about anew.');
    expect(body).toContain('Ignored');
    expect(await open(PATH)).not.toContain('class="tag">Replayed');
    await visitor.post(`${PATH}/more-25/replay`);
    expect(await open(PATH)).toContain('class="tag">Replayed');
  });

  it('is shown in part where it is long', async () => {
    await receive('long', 'push', { ...MAIN, long: 'x'.repeat(MAX_SHOWN_PAYLOAD_LENGTH) });
    const body = await open(`${PATH}/long`);
    expect(body).toContain('This is its beginning.');
    expect(body.length).toBeLessThan(MAX_SHOWN_PAYLOAD_LENGTH * 1.5);
  });

  it('without a kept body has no button', async () => {
    await receive('large', 'ping', payloadOf('ping'), ' '.repeat(1_000_001));
    const body = await open(`${PATH}/large`);
    expect(body).toContain('too large to be kept');
    expect(body).not.toContain('/replay"');
    expect((await visitor.post(`${PATH}/large/replay`)).status).toBe(409);
  });

  it('that is not there is not found', async () => {
    expect((await visitor.get(`${PATH}/nobody`)).status).toBe(404);
    expect((await visitor.post(`${PATH}/nobody/replay`)).status).toBe(404);
    expect((await visitor.get(`${PATH}/..%2f..%00`)).status).toBeGreaterThanOrEqual(400);
  });

  it('is on a page that runs no script but ours', async () => {
    const { headers } = await visitor.get(`${PATH}/push-1`);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
  });
});
