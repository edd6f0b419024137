import { type Pointer, pointerSchema } from '../../contracts/alias.ts';
import { pointerKey } from '../../contracts/storage-keys.ts';
import type { BlobStore, StoredObject } from '../../storage/blob-store.ts';
import { findAlias, markProjected } from '../db/aliases.ts';
import type { Executor } from '../db/database.ts';
import { aliasPointer } from '../domain/alias-pointer.ts';

export interface ProjectAliasDependencies {
  readonly db: Executor;
  readonly storage: Pick<BlobStore, 'read' | 'write'>;
}

/** Tries of one projection while others write the same pointer; each try that fails means another succeeded. */
const MAX_TRIES = 20;

/** A project that is deleted may have thousands of hosts; each being written is an open file and a query. */
const AT_ONCE = 16;

/** Makes storage say what the rows of these hosts say. Safe to repeat, and to run anywhere at once. */
export async function projectAliases(
  labels: readonly string[],
  dependencies: ProjectAliasDependencies,
): Promise<void> {
  for (let from = 0; from < labels.length; from += AT_ONCE) {
    const some = labels.slice(from, from + AT_ONCE);
    await Promise.all(some.map((label) => projectAlias(label, dependencies)));
  }
}

/**
 * Writes one pointer. The write is conditional on the object that was read, and an object with this version or a
 * newer one stays: a projector that slept between reading the row and writing can't bring an old pointer back.
 * (A lock in Postgres alone can't promise that: its owner may lose it and still be writing.)
 *
 * It ends when storage says what the row said at the beginning, or something newer. Changes that come meanwhile have
 * projectors of their own: to run after them would never end while a host keeps changing.
 */
async function projectAlias(label: string, { db, storage }: ProjectAliasDependencies): Promise<void> {
  let wanted: number | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const row = await findAlias(db, label);
    wanted ??= row?.version;
    if (row === undefined || wanted === undefined || row.projectedVersion >= wanted) return;
    const current = await storage.read(pointerKey(label));
    if (versionOf(current) >= row.version || (await write(storage, aliasPointer(row), current))) {
      await markProjected(db, label, row.version);
    }
  }
  throw new Error(`the pointer of ${label} was changed ${MAX_TRIES} times while it was being written`);
}

async function write(
  storage: Pick<BlobStore, 'write'>,
  pointer: Pointer,
  current: StoredObject | undefined,
): Promise<boolean> {
  const condition = current === undefined ? 'create' : { ifMatch: current.etag };
  const body = Buffer.from(JSON.stringify(pointer));
  const result = await storage.write(pointerKey(pointer.label), body, {
    contentType: 'application/json',
    condition,
  });
  return result.written;
}

/** 0 for what is missing or unreadable: it is replaced. */
function versionOf(object: StoredObject | undefined): number {
  if (object === undefined) return 0;
  try {
    return pointerSchema.parse(JSON.parse(object.body.toString('utf8'))).version;
  } catch {
    return 0;
  }
}
