import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { openEnvironmentVariable } from '../../actions/seal-environment-variable.ts';
import { environmentVariables } from '../../db/environment-schema.ts';

const PATH = '/projects/blog/environment';
const SECRET = 'correct-horse-battery-staple';
const MARKUP = '</textarea><img src=x onerror=alert(1)>';
let room: ApiRoom;
let visitor: Visitor;

beforeAll(async () => {
  room = await openApiRoom();
  await room.client.call('POST', '/api/projects', { json: { name: 'Blog' } });
  visitor = await new Visitor(room.server).signIn();
});
afterEach(() => room.db.delete(environmentVariables));
afterAll(() => room.dispose());

const set = (form: Record<string, string> = {}) =>
  visitor.post(PATH, { name: 'TOKEN', value: SECRET, place: 'all', branch: '', ...form });
const paste = (text: string, form: Record<string, string> = {}) =>
  visitor.post(`${PATH}/import`, {
    'import-text': text,
    'import-place': 'preview',
    'import-branch': '',
    ...form,
  });

/** What the database has, as builds would get it. */
async function kept() {
  const rows = await room.db.select().from(environmentVariables);
  return rows.map((row) => ({
    name: row.name,
    environment: row.environment,
    branch: row.branch,
    value: openEnvironmentVariable(row, room.dependencies.secrets),
  }));
}

describe('the environment of a project', () => {
  it('teaches what it is while it is empty, and has a tab', async () => {
    const { status, body } = await visitor.get(PATH);
    expect(status).toBe(200);
    expect(body).toContain('What builds are told besides');
    expect(body.match(/<details[^>]* open/g)).toHaveLength(1);
    expect(body).toMatch(/href="\/projects\/blog\/environment"\s+aria-current="page"/);
  });

  it('is nothing for strangers, and not there without its project', async () => {
    expect((await new Visitor(room.server).get(PATH)).status).toBe(303);
    expect((await visitor.get('/projects/none/environment')).status).toBe(404);
    expect((await visitor.post('/projects/none/environment', { name: 'A', value: 'b' })).status).toBe(404);
  });

  it.each([PATH, `${PATH}/import`, `${PATH}/x/delete`])(
    'takes no form at %s from another site',
    async (path) => {
      const headers = { origin: 'http://preview.example.com', 'sec-fetch-site': 'same-site' };
      expect((await visitor.post(path, { name: 'A', value: 'b' }, headers)).status).toBe(403);
      expect(await kept()).toEqual([]);
    },
  );
});

describe('a variable', () => {
  it('is kept and listed, and its value is on no page ever again', async () => {
    const answer = await set();
    expect([answer.status, answer.headers['location']]).toEqual([303, `${PATH}?notice=set`]);
    expect(await kept()).toEqual([{ name: 'TOKEN', environment: null, branch: null, value: SECRET }]);
    const [row] = await room.db.select().from(environmentVariables);
    for (const path of [`${PATH}?notice=set`, `${PATH}?replace=${row?.id}`, `/live${PATH}`]) {
      const page = JSON.stringify((await visitor.get(path)).body);
      expect(page).not.toContain(SECRET);
      expect(page).not.toContain(row?.value);
    }
    const { body } = await visitor.get(`${PATH}?notice=set`);
    expect(body).toContain('It is kept.');
    expect(body).toMatch(/<b><code>TOKEN<\/code><\/b>/);
    expect(body).toContain('Production and previews, set');
  });

  it.each([
    ['all', '', null, null],
    ['production', '', 'production', null],
    ['preview', '', 'preview', null],
    ['branch', ' content ', 'preview', 'content'],
  ])('for %s is kept for just that', async (place, typedBranch, environment, branch) => {
    await set({ place, branch: typedBranch });
    expect(await kept()).toMatchObject([{ environment, branch }]);
  });

  it('is replaced by a form that knows its name and place, and nothing of its value', async () => {
    await set({ place: 'branch', branch: 'content' });
    const link =
      /href="([^"]+\?replace=[^"#]+)#new-variable"/.exec((await visitor.get(PATH)).body)?.[1] ?? '';
    const { body } = await visitor.get(link);
    expect(body).toMatch(/name="name"\s+value="TOKEN"/);
    expect(body).toMatch(/<option value="branch"\s+selected/);
    expect(body).toMatch(/name="branch"\s+value="content"/);
    expect(body).toMatch(/name="value"[^>]*><\/textarea>/);
    await set({ place: 'branch', branch: 'content', value: 'another' });
    expect(await kept()).toMatchObject([{ value: 'another' }]);
  });

  it('of several lines has those that were typed, not those of forms', async () => {
    await set({ value: '-----BEGIN-----\r\nabc\r\n-----END-----\r\n' });
    expect(await kept()).toMatchObject([{ value: '-----BEGIN-----\nabc\n-----END-----\n' }]);
  });

  it.each<[Record<string, string>, string, string]>([
    [{ name: '' }, 'name', 'letters'],
    [{ name: 'A-B' }, 'name', 'letters'],
    [{ name: 'PATH' }, 'name', 'can’t be set'],
    [{ name: 'OFFSHOOT_X' }, 'name', 'can’t be set'],
    [{ value: '' }, 'value', 'must not be empty'],
    [{ value: `${SECRET}${'x'.repeat(16_384)}` }, 'value', 'at most 16 KiB'],
    [{ place: 'branch', branch: '' }, 'branch', 'Name the branch'],
    [{ place: 'preview', branch: 'content' }, 'branch', 'leave this empty'],
    [{ place: 'branch', branch: 'main' }, 'branch', 'is the production branch'],
    [{ place: 'everywhere' }, 'branch', 'one of the places'],
    [{ place: 'branch', branch: 'x'.repeat(300) }, 'branch', 'at most'],
  ])('of %j is refused at its field %s, and its value is not sent back', async (form, field, words) => {
    const { status, body } = await set(form);
    expect(status).toBe(422);
    expect(body).toMatch(new RegExp(`id="${field}-mistake">[^<]*${words}`));
    expect(body).toContain('Nothing was kept.');
    expect(body).not.toContain(SECRET);
    expect(body.includes('Type it again: it is not shown.')).toBe(form['value'] !== '');
    expect(await kept()).toEqual([]);
  });

  it('with markup is text', async () => {
    const { body } = await set({ name: MARKUP, value: MARKUP });
    expect(body).toContain('&lt;/textarea&gt;');
    expect(body).not.toContain('<img');
    await set({ place: 'branch', branch: MARKUP });
    expect((await visitor.get(PATH)).body).not.toContain('<img');
  });

  it('is deleted once, after a question, and who comes second is told', async () => {
    await set();
    const [row] = await room.db.select().from(environmentVariables);
    const path = `${PATH}/${row?.id}/delete`;
    expect((await visitor.get(PATH)).body).toMatch(new RegExp(`<form method="post" action="${path}">`));
    const answers = [await visitor.post(path), await visitor.post(path)];
    expect(answers.map(({ headers }) => headers['location'])).toEqual([
      `${PATH}?notice=deleted`,
      `${PATH}?notice=gone`,
    ]);
    expect(await kept()).toEqual([]);
    expect((await visitor.get(`${PATH}?notice=gone`)).body).toContain('not there any more');
  });
});

describe('a .env file', () => {
  it('is taken as a whole, for one place', async () => {
    const answer = await paste('A=1\r\nB="two\r\nlines"\r\n# C=3\r\nD=\r\n');
    expect([answer.status, answer.headers['location']]).toEqual([303, `${PATH}?notice=imported`]);
    const place = { environment: 'preview', branch: null };
    expect((await kept()).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'A', value: '1', ...place },
      { name: 'B', value: 'two\nlines', ...place },
      { name: 'D', value: '', ...place },
    ]);
  });

  it.each([
    ['', {}, 'import-text', 'must not be empty'],
    ['nothing', {}, 'import-text', 'NAME=value'],
    [`A=${SECRET}\nLD_PRELOAD=x`, {}, 'import-text', 'LD_PRELOAD can’t be set'],
    [`A=${SECRET}`, { 'import-branch': 'content' }, 'import-branch', 'leave this empty'],
    [`A=${SECRET}`, { 'import-place': 'branch', 'import-branch': 'main' }, 'import-branch', 'production'],
  ])('of %j (%j) is refused as a whole, and not sent back', async (text, form, field, words) => {
    const { status, body } = await paste(text, form);
    expect(status).toBe(422);
    expect(body).toMatch(new RegExp(`id="${field}-mistake">[^<]*${words}`));
    expect(body).toContain('Nothing of the file was kept.');
    expect(body).not.toContain(SECRET);
    expect(await kept()).toEqual([]);
  });

  it('leads who opens the address of the form to the list', async () => {
    expect(await visitor.get(`${PATH}/import`)).toMatchObject({ status: 303, headers: { location: PATH } });
  });
});
