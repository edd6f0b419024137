import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { seededDeploymentId, seededSlug, seedProjects } from '../../../test/support/seed-projects.ts';
import { Visitor } from '../../../test/support/visitor.ts';

const PROJECTS = 70;
let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  room = await openApiRoom();
  await seedProjects(room.db, { projects: PROJECTS, deploymentsPerProject: 5 });
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());

/** Slugs in the order of the page. */
const slugsOf = (body: string) =>
  [...body.matchAll(/<h2><a href="\/projects\/([^"]*)"/g)].map((match) => match[1]);
const seeded = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => seededSlug(from - index));

describe('the list of projects', () => {
  it('goes on page by page, the newest first', async () => {
    const first = await visitor.get('/');
    expect(slugsOf(first.body)).toEqual(seeded(70, 41));
    const next = /href="(\/\?after=[^"]*)"/.exec(first.body)?.[1] ?? '';
    const second = await visitor.get(next);
    expect(slugsOf(second.body)).toEqual(seeded(40, 11));
    const third = await visitor.get(/href="(\/\?after=[^"]*)"/.exec(second.body)?.[1] ?? '');
    expect(slugsOf(third.body)).toEqual(seeded(10, 1));
    expect(third.body).not.toContain('Older projects');
    expect(third.body).toContain('First page');
  });

  it('shows where production is, what it serves, and the last deployments', async () => {
    const { body } = await visitor.get(`/?q=${seededSlug(70)}`);
    expect(body).toContain(`<a class="site" href="http://${seededSlug(70)}.localhost:8000">`);
    expect(body).toMatch(/<span class="badge ready">Live<\/span>/);
    expect(body).toMatch(/Serves <a href="\/deployments\/d\d{19}">Improve /);
    expect(body.match(/<li>\s*<span class="badge/g)).toHaveLength(3);
    expect(body).toContain('<span class="badge failed">Failed</span>');
  });

  it('has the newest deployments of all projects above it where there are many', async () => {
    const { body } = await visitor.get('/');
    expect(body).toContain('Latest deployments');
    expect(body).toContain(`href="/deployments/${seededDeploymentId(PROJECTS * 5)}"`);
  });

  it.each(['nonsense', '%00', 'WyJhIiwxXQ'])('begins anew for the cursor %s', async (after) => {
    expect(slugsOf((await visitor.get(`/?after=${after}`)).body)[0]).toBe(seededSlug(70));
  });

  it('says so where there is nothing more', async () => {
    const after = Buffer.from(JSON.stringify([0, 'a'.repeat(20)])).toString('base64url');
    const { status, body } = await visitor.get(`/?after=${after}`);
    expect([status, body]).toEqual([200, expect.stringContaining('There are no more projects')]);
  });
});

describe('the search', () => {
  it('finds by the beginning of words, as a plain form', async () => {
    const { body } = await visitor.get('/');
    expect(body).toMatch(/<form[^>]*method="get" action="\/"[^>]*>\s*<input[^>]*name="q"/);
    const found = slugsOf((await visitor.get('/?q=nor+doc')).body);
    expect(found.length).toBeGreaterThan(0);
    for (const slug of found) expect(slug).toMatch(/^northern-docs-/);
  });

  it('says when there are more than it shows', async () => {
    await room.db.execute(sql`update projects set name = 'Common ' || name`);
    const { body } = await visitor.get('/?q=common');
    expect(slugsOf(body)).toHaveLength(30);
    expect(body).toContain('Type more of the name');
  });

  it('that finds nothing says what it looked for, as text', async () => {
    const { status, body } = await visitor.get(`/?q=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`);
    expect(status).toBe(200);
    expect(body).not.toContain('<img');
    expect(body).toContain('No project has words that begin with “&quot;&gt;&lt;img');
  });

  it.each(['%', "a'b", 'a & !b:*', '\\', ' ', 'é'.repeat(500)])('can be asked for %j', async (text) => {
    expect((await visitor.get(`/?q=${encodeURIComponent(text)}`)).status).toBe(200);
  });
});

describe('a few projects', () => {
  it('stand in the order of what happened last, and show what is on its way', async () => {
    await room.db.execute(
      sql`delete from projects where slug not in (${seededSlug(1)}, ${seededSlug(2)}, ${seededSlug(3)})`,
    );
    await room.db.execute(sql`
      update deployments set created_at = '2026-01-01', status = 'building', finished_at = null
      where id = (select d.id from deployments d join projects p on p.id = d.project_id where p.slug = ${seededSlug(2)} limit 1)`);
    const { body } = await visitor.get('/');
    expect(slugsOf(body)[0]).toBe(seededSlug(2));
    expect(body).toContain('<span class="badge busy">Building</span>');
    expect(body).toMatch(/<link rel="icon"[^>]*icon-busy\.svg/);
    expect(body).not.toContain('Latest deployments');
  });

  it('show names as text', async () => {
    await room.db.execute(
      sql`update projects set name = '<script>alert(1)</script>' where slug = ${seededSlug(1)}`,
    );
    await room.db.execute(
      sql`update deployments set ref = '<b>x', commit_subject = '<i>y', commit_author = '<u>z'`,
    );
    const { body } = await visitor.get('/');
    expect(body).not.toMatch(/<script>alert|<b>x|<i>y|<u>z/);
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('leave out those that are being deleted', async () => {
    await room.db.execute(sql`update projects set deleted_at = now() where slug = ${seededSlug(1)}`);
    expect(slugsOf((await visitor.get('/')).body)).not.toContain(seededSlug(1));
  });
});

it('an address that a deletion leads to says what was deleted, and nothing else', async () => {
  expect((await visitor.get('/?deleted=my-shop')).body).toContain('my-shop is deleted');
  expect((await visitor.get('/?deleted=Call+0800+now')).body).not.toContain('is deleted');
});
