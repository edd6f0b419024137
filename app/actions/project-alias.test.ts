import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pointerKey } from '../../contracts/storage-keys.ts';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { changeAlias, findAlias, lockAliases } from '../db/aliases.ts';
import { projectAliases } from './project-alias.ts';

const CHANGES = 40;

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());

async function openAlias(): Promise<string> {
  const project = await room.createProject();
  await room.request(project);
  return project.slug;
}

async function change(label: string): Promise<void> {
  const at = new Date(room.clock.now);
  await room.db.transaction(async (tx) => {
    const [row] = await lockAliases(tx, 'p', [{ label, kind: 'production', branch: null }], at);
    await changeAlias(tx, row?.label ?? '', {}, at);
  });
}

describe('pointers', () => {
  test(`after ${CHANGES} changes and projections at once storage has the newest`, async () => {
    const label = await openAlias();
    await Promise.all(
      Array.from({ length: CHANGES }, async () => {
        await change(label);
        await projectAliases([label], room.dependencies);
      }),
    );
    const alias = await findAlias(room.db, label);
    expect((await room.pointer(label))?.version).toBe(alias?.version);
    expect(alias?.projectedVersion).toBe(alias?.version);
  });

  test('a projector that slept between reading and writing brings no old pointer back', async () => {
    const label = await openAlias();
    await projectAliases([label], room.dependencies);
    await change(label);
    const { storage } = room;
    let isFirst = true;
    const slow = {
      read: (key: string) => storage.read(key),
      write: async (...put: Parameters<typeof storage.write>) => {
        if (isFirst) {
          isFirst = false;
          await change(label);
          await projectAliases([label], room.dependencies);
        }
        return storage.write(...put);
      },
    };
    await projectAliases([label], { db: room.db, storage: slow });
    const alias = await findAlias(room.db, label);
    expect((await room.pointer(label))?.version).toBe(alias?.version);
  });

  test('an unreadable object is replaced', async () => {
    const label = await openAlias();
    await storageWrite(label, 'not a pointer');
    await projectAliases([label], room.dependencies);
    expect((await room.pointer(label))?.target.state).toBe('waiting');
  });

  test('what is up to date, or unknown, costs storage nothing', async () => {
    const label = await openAlias();
    await projectAliases([label], room.dependencies);
    const none = () => Promise.reject(new Error('asked'));
    await projectAliases([label, 'unknown'], { db: room.db, storage: { read: none, write: none } });
    expect((await room.pointer(label))?.label).toBe(label);
  });

  test('of a host that never stops changing: what it said at the beginning is written, and that is the end', async () => {
    const label = await openAlias();
    const before = await findAlias(room.db, label);
    const { storage } = room;
    const restless = {
      read: (key: string) => storage.read(key),
      write: async (...put: Parameters<typeof storage.write>) => {
        const written = await storage.write(...put);
        await change(label);
        return written;
      },
    };
    await projectAliases([label], { db: room.db, storage: restless });
    expect((await room.pointer(label))?.version).toBe(before?.version);
  });

  test('of many hosts are all written, but not all at once', async () => {
    const labels: string[] = [];
    for (let count = 0; count < 20; count += 1) labels.push(await openAlias());
    const { storage } = room;
    let [running, most] = [0, 0];
    const counting = {
      write: (...put: Parameters<typeof storage.write>) => storage.write(...put),
      read: async (key: string) => {
        most = Math.max(most, (running += 1));
        return storage.read(key).finally(() => (running -= 1));
      },
    };
    await projectAliases(labels, { db: room.db, storage: counting });
    for (const label of labels) expect((await room.pointer(label))?.target.state).toBe('waiting');
    expect(most).toBeLessThanOrEqual(16);
  });
});

async function storageWrite(label: string, body: string): Promise<void> {
  await room.storage.write(pointerKey(label), Buffer.from(body), { contentType: 'application/json' });
}
