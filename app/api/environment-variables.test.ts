import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { tablesWith } from '../../test/support/search-database.ts';
import { openEnvironmentVariable } from '../actions/seal-environment-variable.ts';
import { environmentVariables } from '../db/environment-schema.ts';
import { readEnvironmentVariables } from '../db/environment-variables.ts';
import { findLivingProject } from '../db/projects.ts';
import { projects } from '../db/schema.ts';
import { MAX_VARIABLES, MAX_VARIABLES_BYTES } from '../domain/environment-variables.ts';

const VARIABLES = '/api/projects/blog/environment-variables';
const SECRET = 'correct-horse-battery-staple';
let room: ApiRoom;

interface Variable {
  readonly id: string;
  readonly name: string;
  readonly [key: string]: unknown;
}

beforeAll(async () => {
  room = await openApiRoom();
  for (const name of ['Blog', 'Other']) await room.client.call('POST', '/api/projects', { json: { name } });
});
afterEach(() => room.db.delete(environmentVariables));
afterAll(() => room.dispose());

async function set(name: string, json: object, path = VARIABLES) {
  room.clock.now += 1;
  return room.client.call<Variable>('PUT', `${path}/${name}`, { json });
}

async function list(path = VARIABLES): Promise<Variable[]> {
  return (await room.client.call<{ items: Variable[] }>('GET', path)).body.items;
}

/** What builds would get of each variable. */
async function values(slug = 'blog'): Promise<Record<string, string>> {
  const project = await findLivingProject(room.db, slug);
  const rows = await readEnvironmentVariables(room.db, project?.id ?? '');
  return Object.fromEntries(
    rows.map((row) => [
      [row.name, row.environment, row.branch].filter((part) => part !== null).join(' '),
      openEnvironmentVariable(row, room.dependencies.secrets),
    ]),
  );
}

describe('an environment variable', () => {
  it('is set, listed without its value, and nowhere in the database as it is', async () => {
    const { status, body } = await set('TOKEN', { value: SECRET });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'TOKEN',
      environment: null,
      branch: null,
      createdAt: room.clock.now,
      updatedAt: room.clock.now,
    });
    expect(await list()).toEqual([body]);
    expect(await values()).toEqual({ TOKEN: SECRET });
    expect(await tablesWith(room.db, 'TOKEN')).toEqual(['public.environment_variables']);
    expect(await tablesWith(room.db, SECRET)).toEqual([]);
  });

  it('that is set twice is one, with the newer value and the older id', async () => {
    const first = await set('TOKEN', { value: SECRET });
    const second = await set('TOKEN', { value: 'another', environment: null, branch: null });
    expect(second).toMatchObject({
      status: 200,
      body: { ...first.body, updatedAt: room.clock.now, createdAt: room.clock.now - 1 },
    });
    expect(await list()).toHaveLength(1);
    expect(await values()).toEqual({ TOKEN: 'another' });
  });

  it('is another one in another place', async () => {
    await set('TOKEN', { value: '4', environment: 'preview', branch: 'content' });
    await set('TOKEN', { value: '3', environment: 'preview' });
    await set('TOKEN', { value: '2', environment: 'production' });
    await set('TOKEN', { value: '1' });
    await set('A', { value: '0', environment: 'preview' });
    expect((await list()).map(({ name, environment, branch }) => [name, environment, branch])).toEqual([
      ['A', 'preview', null],
      ['TOKEN', null, null],
      ['TOKEN', 'preview', null],
      ['TOKEN', 'preview', 'content'],
      ['TOKEN', 'production', null],
    ]);
    expect(await values()).toEqual({
      'A preview': '0',
      TOKEN: '1',
      'TOKEN production': '2',
      'TOKEN preview': '3',
      'TOKEN preview content': '4',
    });
    const elsewhere = await list('/api/projects/other/environment-variables');
    expect(elsewhere).toEqual([]);
  });

  it('set by many at once is one', async () => {
    const json = { value: SECRET };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => room.client.call('PUT', `${VARIABLES}/TOKEN`, { json })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    expect(await list()).toHaveLength(1);
  });

  it('moved to another row does not open there', async () => {
    await set('ONE', { value: SECRET });
    await set('TWO', { value: 'two' });
    await room.db.execute(sql`
      update environment_variables set value = (select value from environment_variables where name = 'ONE')`);
    await expect(values()).rejects.toThrow('belongs to something else');
  });

  it.each([
    ['TOKEN', { value: 'x', environment: 'staging' }, '/environment'],
    ['TOKEN', { value: 'x', branch: 'content' }, '/branch'],
    ['TOKEN', { value: 'x', environment: 'production', branch: 'content' }, '/branch'],
    ['TOKEN', { value: 'x', environment: 'preview', branch: 'main' }, '/branch'],
    ['TOKEN', { value: 'x', environment: 'preview', branch: 'a\nb' }, '/branch'],
    ['TOKEN', { value: 'a\0b' }, '/value'],
    ['TOKEN', { value: 'x'.repeat(16_385) }, '/value'],
    ['TOKEN', {}, '/value'],
    ['TOKEN', { value: 'x', secret: true }, '/secret'],
    ['OFFSHOOT_BRANCH', { value: 'x' }, 'name'],
    ['LD_PRELOAD', { value: 'x' }, 'name'],
    ['1X', { value: 'x' }, 'name'],
    ['a%20b', { value: 'x' }, 'name'],
  ])('%s of %j is refused at %s', async (name, json, pointer) => {
    const { status, body } = await set(name, json);
    expect([status, body]).toMatchObject([422, { code: 'invalid_request', errors: [{ pointer }] }]);
    expect(await list()).toEqual([]);
  });

  it('of no project is not found', async () => {
    const nowhere = '/api/projects/none/environment-variables';
    const answers = [
      await set('X', { value: 'x' }, nowhere),
      await room.client.call('GET', nowhere),
      await room.client.call('DELETE', `${nowhere}/X`),
      await room.client.call('POST', nowhere, { json: { text: 'A=1' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  it('is deleted in its place alone, once', async () => {
    const { body } = await set('TOKEN', { value: SECRET, environment: 'preview', branch: 'a/b' });
    await set('TOKEN', { value: SECRET, environment: 'preview' });
    const path = `${VARIABLES}/TOKEN?environment=preview&branch=a%2Fb`;
    const gone = [404, { code: 'environment_variable_not_found' }];
    const other = await room.client.call('DELETE', `${VARIABLES}/TOKEN`);
    expect([other.status, other.body]).toMatchObject(gone);
    const deleted = await room.client.call('DELETE', path);
    expect([deleted.status, deleted.body]).toEqual([200, { id: body.id, deleted: true }]);
    const again = await room.client.call('DELETE', path);
    expect([again.status, again.body]).toMatchObject(gone);
    expect(await list()).toMatchObject([{ environment: 'preview', branch: null }]);
  });

  it('goes with its project', async () => {
    await room.client.call('POST', '/api/projects', { json: { name: 'Short-lived' } });
    await set('X', { value: 'x' }, '/api/projects/short-lived/environment-variables');
    await room.db.delete(projects).where(sql`slug = 'short-lived'`);
    expect(await room.db.select().from(environmentVariables)).toEqual([]);
  });
});

describe('environment variables', () => {
  it('are bounded in number and in sum, however many are set at once', async () => {
    const text = Array.from({ length: MAX_VARIABLES - 1 }, (_, index) => `V${index}=x`).join('\n');
    expect((await room.client.call('POST', VARIABLES, { json: { text } })).status).toBe(200);
    const statuses = await Promise.all(
      ['A', 'B', 'C'].map(async (name) => (await set(name, { value: 'x' })).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    const large = 'x'.repeat(16_384);
    await room.db.delete(environmentVariables);
    await set('A', { value: large });
    const { status, body } = await set('B', { value: large });
    expect([status, body]).toMatchObject([409, { code: 'too_many' }]);
    expect(body['detail']).toContain(`${MAX_VARIABLES_BYTES / 1024} KiB`);
  });

  it('come from a .env file, all in one place; what is there already is replaced', async () => {
    await set('A', { value: 'before', environment: 'preview' });
    await set('KEPT', { value: 'kept' });
    const text = `# a comment\nexport A=1\r\nB="two\nlines"\nC='x # y'\nD=\n  E = e  # why\n`;
    const json = { text, environment: 'preview' };
    const { status, body } = await room.client.call<{ items: Variable[] }>('POST', VARIABLES, { json });
    expect(status).toBe(200);
    expect(body.items.map(({ name }) => name).toSorted()).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(await values()).toEqual({
      'A preview': '1',
      'B preview': 'two\nlines',
      'C preview': 'x # y',
      'D preview': '',
      'E preview': 'e',
      KEPT: 'kept',
    });
  });

  it.each([
    ['A=1\nPATH=/evil\nOFFSHOOT_X=1', ['PATH', 'OFFSHOOT_X']],
    ['nothing here', ['NAME=value']],
    ['1A=secret-value', ['does not begin with a digit']],
  ])('of the file %j are refused all together, with words', async (text, words) => {
    const { status, body } = await room.client.call('POST', VARIABLES, { json: { text } });
    expect([status, body]).toMatchObject([422, { code: 'invalid_request', errors: [{ pointer: '/text' }] }]);
    for (const word of words) expect(body['detail']).toContain(word);
    expect(body['detail']).not.toContain('secret-value');
    expect(await list()).toEqual([]);
  });
});
