import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import type { Transaction } from './database.ts';
import { findRepository, noteInstallation, noteRepositories } from './github-repositories.ts';

const INSTALLATION = { id: 3, accountId: 4, accountLogin: 'octo' };
const REPOSITORY = {
  id: 5,
  installationId: 3,
  fullName: 'octo/shop',
  htmlUrl: 'https://github.com/octo/shop',
  isPrivate: false,
  defaultBranch: 'main',
};

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
  await room.db.transaction(note);
});
afterAll(() => room.dispose());

async function note(tx: Transaction): Promise<void> {
  await noteInstallation(tx, INSTALLATION);
  await noteRepositories(tx, [REPOSITORY]);
}

describe('what webhooks say of installation and repository', () => {
  it('again does not make the webhooks of an account wait for each other', async () => {
    const ended: string[] = [];
    await room.db.transaction(async (first) => {
      await note(first);
      // Were a row locked, this would wait for the transaction around it, which waits for this.
      await room.db.transaction(note);
      ended.push('second');
    });
    ended.push('first');
    expect(ended).toEqual(['second', 'first']);
  });

  it('anew is written, and what they leave out stays', async () => {
    const { defaultBranch: _, ...listed } = { ...REPOSITORY, fullName: 'octo/store' };
    await room.db.transaction((tx) => noteRepositories(tx, [listed]));
    expect(await findRepository(room.db, 5)).toMatchObject({ fullName: 'octo/store', defaultBranch: 'main' });
  });
});
