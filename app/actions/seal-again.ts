import type { Database } from '../db/database.ts';
import { listSealedOtherwise, replaceSealed, type SealedSecret } from '../db/sealed-columns.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { SEALED_KINDS, type SealedKind, sealingContext } from '../domain/sealing-context.ts';

export interface SealAgainDependencies {
  readonly db: Database;
  readonly secrets: SecretBox;
}

export interface SealedAgain {
  /** Secrets that the present key has sealed now, and another one had before. */
  readonly sealed: number;
  /** Secrets that no key opens. They stay as they are: the key may be given at the next start. */
  readonly unreadable: number;
}

/** Secrets that are in memory at once. */
const BATCH = 100;

/**
 * Seals everything with the present key that an older one has sealed, so that the older one can be taken away. Any
 * process may do it at any time, several at once too: a secret that changes meanwhile is left alone.
 */
export async function sealAgain(dependencies: SealAgainDependencies): Promise<SealedAgain> {
  const count = { sealed: 0, unreadable: 0 };
  for (const kind of SEALED_KINDS) {
    let after = '';
    for (;;) {
      const page = { prefix: dependencies.secrets.prefix, after, limit: BATCH };
      const batch = await listSealedOtherwise(dependencies.db, kind, page);
      for (const secret of batch) count[await sealOne(kind, secret, dependencies)] += 1;
      after = batch.at(-1)?.id ?? after;
      if (batch.length < BATCH) break;
    }
  }
  return count;
}

async function sealOne(
  kind: SealedKind,
  secret: SealedSecret,
  { db, secrets }: SealAgainDependencies,
): Promise<keyof SealedAgain> {
  const context = sealingContext(kind, secret.id);
  try {
    await replaceSealed(db, kind, secret, secrets.seal(secrets.open(secret.sealed, context), context));
    return 'sealed';
  } catch (error) {
    if (error instanceof SealedTextError) return 'unreadable';
    throw error;
  }
}
