import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBorders } from './check-borders.mjs';

const folders: string[] = [];

async function houseOf(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'offshoot-borders-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const ROOM = 'export const room = 1;\nexport type Room = number;\n';

describe('the border check', () => {
  test('accepts a house in which everyone keeps to the table', async () => {
    const root = await houseOf({
      'contracts/room.ts': ROOM,
      'proxy/host.ts': "import { room } from '../contracts/room.ts';\nexport const host = room;\n",
    });
    expect(await checkBorders(root)).toEqual({ read: 2, problems: [] });
  });

  test('reads files that say `using`', async () => {
    const root = await houseOf({
      'contracts/room.ts': ROOM,
      'proxy/file.ts':
        'export function read(open: () => Disposable) {\n  using file = open();\n  return file;\n}\n',
    });
    expect(await checkBorders(root)).toMatchObject({ problems: [expect.stringContaining('0 imports')] });
  });

  test.each([
    ['a value', 'contracts/host.ts', "import { room } from '../storage/room.ts';\nexport const x = room;\n"],
    [
      'a type',
      'proxy/host.ts',
      "import type { Room } from '../app/domain/room.ts';\nexport type X = Room;\n",
    ],
    ['a neighbour', 'app/db/rows.ts', "import { room } from '../jobs/queue.ts';\nexport const x = room;\n"],
    ['settings', 'proxy/serve.ts', "import { room } from './config.ts';\nexport const x = room;\n"],
    ['a root', 'app/api/routes.ts', "import { room } from '../main.ts';\nexport const x = room;\n"],
    ['a test', 'app/api/routes.ts', "import { room } from '../../test/room.ts';\nexport const x = room;\n"],
    ['on demand', 'git/run.ts', "export const x = import('../storage/room.ts');\n"],
  ])('refuses an import over a border: %s', async (_what, path, text) => {
    const rooms = ['storage', 'app/domain', 'test'].map((folder) => [`${folder}/room.ts`, ROOM]);
    const files = ['proxy/config.ts', 'app/main.ts', 'app/jobs/queue.ts'].map((file) => [file, ROOM]);
    const root = await houseOf({ ...Object.fromEntries([...rooms, ...files]), [path]: text });
    const { problems } = await checkBorders(root);
    expect(problems.join('\n')).toContain(`${path} must not import`);
  });

  test('refuses a file that stands in no room', async () => {
    const root = await houseOf({
      'contracts/room.ts': ROOM,
      'attic/box.ts': "import { room } from '../contracts/room.ts';\nexport const x = room;\n",
    });
    expect((await checkBorders(root)).problems).toContain(
      'attic/box.ts is in no room of scripts/borders.mjs',
    );
  });

  test('fails when it has read nothing', async () => {
    const root = await houseOf({ 'contracts/readme.md': 'no modules here' });
    expect((await checkBorders(root)).problems.join()).toContain('read 0 modules');
  });
});
