import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { projects } from '../../db/schema.ts';

const PATH = '/projects/my-shop/delete';
let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  room = await openApiRoom();
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());
beforeEach(async () => {
  await room.db.delete(projects);
  await room.db.execute(sql`
    insert into projects (id, slug, name, production_branch, settings, created_at)
    values (${'a'.repeat(20)}, 'my-shop', 'My <b>Café', 'main', '{}', now())`);
});

async function isDeleted(): Promise<boolean> {
  const [row] = await room.db.select().from(projects).where(eq(projects.slug, 'my-shop'));
  return row?.deletedAt !== null;
}

describe('deleting a project', () => {
  it('is asked first, with what will be gone', async () => {
    const { status, body } = await visitor.get(PATH);
    expect(status).toBe(200);
    expect(body).toContain('my-shop.localhost:8000');
    expect(body).toContain('My &lt;b&gt;Café');
    expect(await isDeleted()).toBe(false);
  });

  it.each(['My <b>Café', '  My <b>Café ', 'My <b>Cafe\u0301', 'my-shop'])(
    'begins when %j is typed',
    async (name) => {
      const { status, headers } = await visitor.post(PATH, { name });
      expect([status, headers['location']]).toEqual([303, '/?deleted=my-shop']);
      expect(await isDeleted()).toBe(true);
      const jobs = await room.db.execute(sql`select data from pgboss.job where name = 'delete-project'`);
      expect(jobs.length).toBeGreaterThan(0);
      expect((await visitor.get(PATH)).status).toBe(404);
      expect((await visitor.get('/?deleted=my-shop')).body).not.toContain('href="/projects/my-shop"');
    },
  );

  it.each(['', 'my shop', 'My Café', 'MY-SHOP', '"><script>alert(1)</script>'])(
    'does not begin when %j is typed',
    async (name) => {
      const { status, body } = await visitor.post(PATH, { name });
      expect(status).toBe(422);
      expect(body).toContain('This is not its name. Nothing was deleted.');
      expect(body).not.toContain('<script>alert');
      expect(await isDeleted()).toBe(false);
    },
  );

  it('can not be asked for by other sites', async () => {
    const headers = { origin: 'http://my-shop.localhost:8000', 'sec-fetch-site': 'same-site' };
    expect((await visitor.post(PATH, { name: 'my-shop' }, headers)).status).toBe(403);
    expect(await isDeleted()).toBe(false);
  });
});
