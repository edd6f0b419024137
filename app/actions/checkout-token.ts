import { setCheckoutToken, takeCheckoutToken } from '../db/checkout-tokens.ts';
import type { Transaction } from '../db/database.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import type { CallOptions } from '../github/client/call-github.ts';
import { revokeCheckoutToken } from '../github/client/checkout-token.ts';
import type { JobSender } from '../jobs/queue.ts';
import { GithubCallFailed } from './github/github-call-failed.ts';
import type { GithubConnection } from './github-connection.ts';

/** Keeps the token that an attempt fetches its source with, sealed, until its checkout is over; one of before ends. */
export async function keepCheckoutToken(
  tx: Transaction,
  attemptId: string,
  token: string | null,
  { secrets, jobs }: { readonly secrets: Pick<SecretBox, 'seal'>; readonly jobs: JobSender },
): Promise<void> {
  await giveUpCheckoutToken(tx, attemptId, { jobs });
  if (token !== null) await setCheckoutToken(tx, attemptId, secrets.seal(token, contextOf(attemptId)));
}

/** The checkout is over, or the whole attempt: its token is taken from the row, and a job revokes it. */
export async function giveUpCheckoutToken(
  tx: Transaction,
  attemptId: string,
  { jobs }: { readonly jobs: JobSender },
): Promise<void> {
  const sealed = await takeCheckoutToken(tx, attemptId);
  if (sealed !== undefined) await jobs.send(tx, 'revoke-checkout-token', { attemptId, sealed });
}

export interface EndCheckoutTokenDependencies extends CallOptions {
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly github: GithubConnection;
}

/** Ends a token before its hour is over. Without an App it can't be, and is of no use to anybody else either. */
export async function endCheckoutToken(
  { attemptId, sealed }: { readonly attemptId: string; readonly sealed: string },
  { secrets, github, now }: EndCheckoutTokenDependencies,
): Promise<void> {
  const connection = await github.read();
  if (connection.state !== 'ready') return;
  const token = secrets.open(sealed, contextOf(attemptId));
  const revoked = await revokeCheckoutToken(connection.clients, token, { now });
  if (!revoked.ok) throw new GithubCallFailed(revoked.failure.message);
}

function contextOf(attemptId: string): string {
  return `attempts/${attemptId}/checkout-token`;
}
