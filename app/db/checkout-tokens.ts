import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { queryRows, type Transaction } from './database.ts';
import { attempts } from './schema.ts';

export async function setCheckoutToken(tx: Transaction, attemptId: string, sealed: string): Promise<void> {
  await tx.update(attempts).set({ checkoutToken: sealed }).where(eq(attempts.id, attemptId));
}

/** Takes the token out of the row, for one taker; undefined where there is none (any more). */
export async function takeCheckoutToken(tx: Transaction, attemptId: string): Promise<string | undefined> {
  const [held] = await queryRows<{ sealed: string }>(
    tx,
    sql`select ${attempts.checkoutToken} as sealed from ${attempts}
        where ${and(eq(attempts.id, attemptId), isNotNull(attempts.checkoutToken))} for update`,
  );
  if (held === undefined) return undefined;
  await tx.update(attempts).set({ checkoutToken: null }).where(eq(attempts.id, attemptId));
  return held.sealed;
}
