import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcile } from '../app/actions/reconcile.ts';
import { activateDeployment } from '../app/actions/activate-deployment.ts';
import { promote } from '../app/actions/promote.ts';
import { pointerKey } from '../contracts/storage-keys.ts';
import { openCoreRoom, type CoreRoom } from '../test/support/core-room.ts';

describe('docs/backup.md', () => {
  let room: CoreRoom;
  beforeAll(async () => {
    room = await openCoreRoom();
  });
  afterAll(() => room.dispose());

  it('restores what each address shows from the database alone, though storage was newer', async () => {
    const page = await readFile(path.join(import.meta.dirname, 'backup.md'), 'utf8');
    const [, statement = ''] = /```sql\n(.*?)```/s.exec(page) ?? [];
    expect(page).toContain(`storage/${path.dirname(pointerKey('x'))}\n`);

    const project = await room.createProject();
    const first = await room.request(project);
    await room.publish(first);
    await activateDeployment(first.id, room.dependencies);
    const backup = await room.db.execute(sql`select * from aliases where label = ${project.slug}`);
    const second = await room.request(project);
    await room.publish(second);
    await activateDeployment(second.id, room.dependencies);
    await promote(second.id, room.dependencies);
    const shown = async () => (await room.pointer(project.slug))?.target;
    expect(await shown()).toMatchObject({ state: 'live', live: { deploymentId: second.id } });

    // The dump is loaded: the row is as it was, and knows nothing of the pointer that was written since.
    const [{ version, projected_version, deployment_id, manifest }] = backup as unknown as [
      Record<string, string>,
    ];
    await room.db.execute(sql`
      update aliases set version = ${version}, projected_version = ${projected_version},
        deployment_id = ${deployment_id}, manifest = ${manifest}
      where label = ${project.slug}`);
    await reconcile(room.dependencies);
    expect(await shown()).toMatchObject({ live: { deploymentId: second.id } });

    await room.storage.remove([pointerKey(project.slug)]);
    await room.db.execute(sql.raw(statement));
    await reconcile(room.dependencies);
    expect(await shown()).toMatchObject({ state: 'live', live: { deploymentId: first.id } });
  });
});
