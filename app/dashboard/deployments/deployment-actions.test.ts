import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import {
  type DeploymentStates,
  insertBranch,
  openDeploymentStates,
} from '../../../test/support/deployment-states.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { findAlias } from '../../db/aliases.ts';
import { type DeploymentRow, findDeployment, type NewDeployment } from '../../db/deployments.ts';

let room: ApiRoom;
let visitor: Visitor;
let states: DeploymentStates;
beforeAll(async () => {
  room = await openApiRoom();
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());
beforeEach(async () => {
  states = await openDeploymentStates(room, room.clock.now - 3_600_000);
});

const UNFINISHED: Partial<NewDeployment> = {
  status: 'queued',
  startedAt: null,
  finishedAt: null,
  phases: [],
};
const ready = async (changes: Partial<NewDeployment> = {}) =>
  states.make({ ...(await states.output({ 'index.html': 10 })), ...changes });
const current = async (): Promise<DeploymentRow> => {
  const deployment = await ready({ commitSubject: 'What is live' });
  await states.point(deployment, ['deployment', 'branch', 'production']);
  return deployment;
};
const production = async () => (await findAlias(room.db, states.project.slug))?.deploymentId;
const read = (id: string) => findDeployment(room.db, id);

/** Presses a button of the page: what its form holds is what is sent. The page that follows, and its notice. */
async function press(id: string, name: string, page?: string) {
  const shown = page ?? (await visitor.get(`/deployments/${id}`)).body;
  const form = new RegExp(
    `<form method="post" action="(/deployments/${id}/${name})">([\\s\\S]*?)</form>`,
  ).exec(shown);
  if (form === null) throw new Error(`the page has no form for ${name}`);
  const fields = [...(form[2] ?? '').matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, key, value]) => [
    key,
    value,
  ]);
  const answer = await visitor.post(form[1] ?? '', Object.fromEntries(fields));
  expect(answer.status).toBe(303);
  const location = String(answer.headers['location']);
  const next = await visitor.get(location);
  return { location, notice: /<p class="notice (\w+)"[^>]*>\s*([^<]+?)\s*<\/p>/.exec(next.body)?.slice(1) };
}

describe('cancel', () => {
  it('ends what waits, and says so', async () => {
    const { id } = await states.make(UNFINISHED);
    const { location, notice } = await press(id, 'cancel');
    expect(location).toBe(`/deployments/${id}?notice=canceled`);
    expect(notice).toEqual(['ready', 'The deployment is canceled.']);
    expect((await read(id))?.status).toBe('canceled');
  });

  it('tells a builder that works, and the page says that it is being canceled', async () => {
    const deployment = await states.make({ ...UNFINISHED, status: 'building', startedAt: new Date(0) });
    await states.attempt(deployment, 1, 'running');
    expect((await press(deployment.id, 'cancel')).notice?.[0]).toBe('busy');
    expect(await read(deployment.id)).toMatchObject({
      status: 'building',
      cancelRequestedAt: expect.any(Date),
    });
  });

  it('says that it came too late', async () => {
    const { id } = await states.make(UNFINISHED);
    const page = (await visitor.get(`/deployments/${id}`)).body;
    await press(id, 'cancel', page);
    expect((await press(id, 'cancel', page)).notice?.[1]).toContain('too late to cancel');
  });
});

describe('redeploy', () => {
  it('builds the same commit again, and leads to the new deployment', async () => {
    const old = await ready();
    await insertBranch(room.db, states.project, old);
    const { location, notice } = await press(old.id, 'redeploy');
    const id = /^\/deployments\/([a-z0-9]{20})\?notice=redeployed$/.exec(location)?.[1] ?? '';
    expect(notice?.[0]).toBe('ready');
    expect(id).not.toBe(old.id);
    expect(await read(id)).toMatchObject({
      commit: old.commit,
      ref: 'main',
      requestedBy: { kind: 'administrator' },
    });
  });

  it('says first which addresses will show it: the branch’s and production’s, as long as there is the branch', async () => {
    const old = await ready();
    const question = async () =>
      /<div[^>]*id="ask-redeploy"[\s\S]*?<\/form>/.exec(
        (await visitor.get(`/deployments/${old.id}`)).body,
      )?.[0];
    expect(await question()).toContain('no other address moves');
    await insertBranch(room.db, states.project, old);
    const { slug } = states.project;
    for (const host of [`main--${slug}`, slug])
      expect(await question()).toContain(`<strong>${host}.localhost:8000</strong>`);
  });

  it('is refused for an uploaded folder, whose page has no such button', async () => {
    const { id } = await ready({ source: 'upload', commit: null });
    expect((await visitor.get(`/deployments/${id}`)).body).not.toContain('/redeploy');
    const answer = await visitor.post(`/deployments/${id}/redeploy`);
    expect(answer.headers['location']).toBe(`/deployments/${id}?notice=not-rebuildable`);
    const page = await visitor.get(String(answer.headers['location']));
    expect(page.body).toContain('Its folder was uploaded');
  });
});

describe('promotion', () => {
  it('says first what production shows and what it will show, and moves it then', async () => {
    const live = await current();
    const preview = await ready({ ref: 'next', environment: 'preview', commitSubject: 'The next thing' });
    const page = (await visitor.get(`/deployments/${preview.id}`)).body;
    const question = /<div[^>]*id="ask-promote"[\s\S]*?<\/form>/.exec(page)?.[0] ?? '';
    const words = question.replaceAll(/<[^>]+>/g, '').replaceAll(/\s+/g, ' ');
    expect(words).toContain(
      `${states.project.slug}.localhost:8000 now shows What is live (${live.commit?.slice(0, 7)}, `,
    );
    expect(words).toContain(`It will show this one: The next thing (${preview.commit?.slice(0, 7)}, `);
    expect(words).toContain('Builds that were asked for before this will not move production.');
    expect((await press(preview.id, 'promote', page)).notice?.[1]).toContain(
      'Production shows this deployment now',
    );
    expect(await production()).toBe(preview.id);
  });

  it('is a rollback in its words for what is older than what production shows', async () => {
    const old = await ready({ commitSubject: 'The old thing' });
    await current();
    const page = (await visitor.get(`/deployments/${old.id}`)).body;
    expect(page).toContain('Roll production back to this deployment?');
    expect(page).not.toContain('Promote');
    await press(old.id, 'promote', page);
    expect(await production()).toBe(old.id);
  });

  it('is the first thing that production shows where it showed nothing', async () => {
    const { id } = await ready();
    const page = (await visitor.get(`/deployments/${id}`)).body;
    expect(page).toContain('shows nothing yet.');
    await press(id, 'promote', page);
    expect(await production()).toBe(id);
  });

  it('says of a project that holds production what will move it', async () => {
    states = await openDeploymentStates(room, room.clock.now, { holdProduction: true });
    const { id } = await ready();
    expect((await visitor.get(`/deployments/${id}`)).body).toContain(
      'Production is held: only another promotion',
    );
  });

  it('does nothing when production has moved between question and answer', async () => {
    const [first, second] = [await ready(), await ready()];
    const page = (await visitor.get(`/deployments/${first.id}`)).body;
    await states.point(second, ['production']);
    const { notice } = await press(first.id, 'promote', page);
    expect(notice?.[1]).toContain('Production has moved since you looked');
    expect(await production()).toBe(second.id);
  });

  it('is refused while a deployment is not ready', async () => {
    const { id } = await states.make(UNFINISHED);
    const { headers } = await visitor.post(`/deployments/${id}/promote`);
    expect(headers['location']).toBe(`/deployments/${id}?notice=not-ready`);
  });
});

describe('pin', () => {
  it('keeps a deployment, until it is unpinned', async () => {
    const { id } = await ready();
    expect((await press(id, 'pin')).notice?.[0]).toBe('ready');
    expect((await read(id))?.pinned).toBe(true);
    expect((await press(id, 'unpin')).notice?.[1]).toContain('no longer pinned');
    expect((await read(id))?.pinned).toBe(false);
  });
});

describe.each(['cancel', 'redeploy', 'promote', 'pin', 'unpin'])('%s', (name) => {
  it('answers 404 for what is not there, whatever the id', async () => {
    for (const id of ['x'.repeat(20), 'UPPER', '%00', 'a'.repeat(2000)])
      expect((await visitor.post(`/deployments/${id}/${name}`)).status).toBe(404);
  });

  it('is not done for strangers, nor for pages of previews', async () => {
    const { id } = await ready();
    const before = await read(id);
    const stranger = await new Visitor(room.server).post(`/deployments/${id}/${name}`);
    expect(stranger.status).toBe(401);
    const headers = { origin: 'http://site.example.com', 'sec-fetch-site': 'same-site' };
    expect((await visitor.post(`/deployments/${id}/${name}`, {}, headers)).status).toBe(403);
    expect(await read(id)).toEqual(before);
    expect(await production()).toBeUndefined();
  });

  it('is not done by opening its address', async () => {
    const { id } = await ready();
    expect((await visitor.get(`/deployments/${id}/${name}`)).status).toBe(405);
  });
});
