import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { findEarlierOutput } from './earlier-output.ts';
import { insertDeployment, type NewDeployment } from './deployments.ts';
import type { ProjectRow } from './projects.ts';

let room: CoreRoom;
let project: ProjectRow;
beforeAll(async () => {
  room = await openCoreRoom();
  project = await room.createProject();
});
afterAll(() => room.dispose());

let made = 0;
/** A ready deployment of main, one second after the one that was made before it. */
async function make(changes: Partial<NewDeployment> = {}) {
  made += 1;
  const row: NewDeployment = {
    id: String(made).padStart(20, '0'),
    projectId: project.id,
    environment: 'preview',
    refKind: 'branch',
    ref: 'main',
    commit: 'c'.repeat(40),
    status: 'ready',
    settings: {},
    attemptsLeft: 1,
    manifest: 'f'.repeat(64),
    phases: [],
    createdAt: new Date(made * 1000),
    ...changes,
  };
  return room.db.transaction((tx) => insertDeployment(tx, row));
}

it('is the newest ready one before it, of the same branch of the same project', async () => {
  const other = await room.createProject();
  const first = await make();
  const second = await make();
  await make({ status: 'failed', manifest: null });
  await make({ ref: 'other' });
  await make({ refKind: 'tag' });
  await make({ projectId: other.id });
  const third = await make();
  await make();
  expect((await findEarlierOutput(room.db, third))?.id).toBe(second.id);
  expect((await findEarlierOutput(room.db, second))?.id).toBe(first.id);
  expect(await findEarlierOutput(room.db, first)).toBeUndefined();
});

it('orders what was asked for in the same millisecond, so that two never come before each other', async () => {
  const createdAt = new Date(made * 1000);
  const [one, two] = [await make({ ref: 'twin', createdAt }), await make({ ref: 'twin', createdAt })];
  expect((await findEarlierOutput(room.db, one))?.id).toBe(two.id);
  expect(await findEarlierOutput(room.db, two)).toBeUndefined();
});
