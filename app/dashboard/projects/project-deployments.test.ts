import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { seededDeploymentId, seededSlug, seedProjects } from '../../../test/support/seed-projects.ts';
import { Visitor } from '../../../test/support/visitor.ts';

const DEPLOYMENTS = 60;
const SLUG = seededSlug(1);
const PATH = `/projects/${SLUG}/deployments`;
let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  room = await openApiRoom();
  await seedProjects(room.db, { projects: 1, deploymentsPerProject: DEPLOYMENTS });
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());

const idsOf = (body: string) =>
  [...body.matchAll(/class="what">\s*<a href="\/deployments\/([a-z0-9]{20})"/g)].map((match) => match[1]);
const olderOf = (body: string) => (/href="([^"]*)">Older</.exec(body)?.[1] ?? '').replaceAll('&amp;', '&');

async function readAll(path: string): Promise<(string | undefined)[]> {
  const ids = [];
  for (let next = path; next !== '';) {
    const { body } = await visitor.get(next);
    ids.push(...idsOf(body));
    next = olderOf(body);
  }
  return ids;
}

describe('the deployments of a project', () => {
  it('are listed newest first, page by page', async () => {
    const ids = Array.from({ length: DEPLOYMENTS }, (_, index) => seededDeploymentId(DEPLOYMENTS - index));
    expect(idsOf((await visitor.get(PATH)).body)).toEqual(ids.slice(0, 25));
    expect(await readAll(PATH)).toEqual(ids);
  });

  it('tell which of them production serves', async () => {
    const { body } = await visitor.get(PATH);
    expect(body.match(/Live in production/g)).toHaveLength(1);
  });

  it('can be narrowed down to a branch and a status, and stay so on the next page', async () => {
    const wanted = await room.db.execute<{ id: string }>(sql`
      select id from deployments where ref = 'main' and status = 'ready' order by created_at desc`);
    const path = `${PATH}?branch=main&status=ready`;
    expect(wanted.length).toBeGreaterThan(25);
    expect(await readAll(path)).toEqual(wanted.map(({ id }) => id));
    const { body } = await visitor.get(path);
    expect(body).toMatch(/id="branch"[^>]*value="main"/);
    expect(body).toMatch(/<option value="ready" selected/);
  });

  it.each([
    ['a plain form that was not filled in', '?branch=&status='],
    ['a status that there is not', '?status=shiny'],
    ['a cursor that was not made here', '?after=nonsense'],
  ])('are all listed for %s', async (_what, query) => {
    expect(idsOf((await visitor.get(PATH + query)).body)).toHaveLength(25);
  });

  it('that do not fit are not there, and the page says how to get out', async () => {
    const { body } = await visitor.get(`${PATH}?branch=${encodeURIComponent('"><b>none')}`);
    expect(body).toContain('No deployment fits.');
    expect(body).toContain(`<a href="${PATH}">Show all deployments</a>`);
    expect(body).not.toContain('<b>none');
  });

  it('offer the branches that there are, as text', async () => {
    await room.db.execute(sql`update branches set name = '<i>"x' where name = 'fix-typo'`);
    const { body } = await visitor.get(PATH);
    expect(body).toContain('<option value="main">');
    expect(body).toContain('<option value="&lt;i&gt;&quot;x">');
  });

  it('tell who asked for them, also through a hook', async () => {
    const requester = JSON.stringify({ kind: 'deploy-hook', name: '<u>nightly' });
    const id = seededDeploymentId(DEPLOYMENTS);
    await room.db.execute(
      sql`update deployments set requested_by = ${requester}::text::jsonb where id = ${id}`,
    );
    expect((await visitor.get(PATH)).body).toContain('Ada Lovelace, through hook &lt;u&gt;nightly');
  });

  it('count the time of one that runs', async () => {
    const id = seededDeploymentId(DEPLOYMENTS);
    const since = new Date(room.clock.now - 4200);
    await room.db.execute(sql`
      update deployments set status = 'building', started_at = ${since.toISOString()}, finished_at = null where id = ${id}`);
    const { body } = await visitor.get(PATH);
    expect(body).toMatch(new RegExp(`data-running-since="${since.getTime()}"\\s*>4\\.2 s<`));
    expect(body).toMatch(/icon-busy\.svg/);
  });
});

it('a project without deployments says how to get one', async () => {
  await room.db.execute(sql`delete from deployments`);
  const { body } = await visitor.get(PATH);
  expect(body).toContain('Nothing was deployed yet.');
  expect(body).toContain(`<a href="/projects/${SLUG}">Deploy it</a>`);
});
