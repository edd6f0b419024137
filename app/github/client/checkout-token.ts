import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { GithubClients } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

export interface CheckoutToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** A token for one checkout: it reads the contents of this one repository, and nothing else of the installation. */
export async function createCheckoutToken(
  { app }: Pick<GithubClients, 'app'>,
  place: { readonly installationId: number; readonly repositoryId: number },
  options: CallOptions,
): Promise<GithubResult<CheckoutToken>> {
  const result = await callGithub(
    () =>
      app.request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id: place.installationId,
        repository_ids: [place.repositoryId],
        permissions: { contents: 'read' },
      }),
    tokenSchema,
    options,
  );
  if (!result.ok) return result;
  const { token, expires_at } = result.value;
  return { ok: true, value: { token, expiresAt: new Date(expires_at) } };
}

/** Ends a token before its hour is over. One that GitHub knows no more has ended. */
export async function revokeCheckoutToken(
  clients: Pick<GithubClients, 'withToken'>,
  token: string,
  options: CallOptions,
): Promise<GithubResult<undefined>> {
  const result = await callGithub(
    () => clients.withToken(token).request('DELETE /installation/token'),
    z.unknown(),
    options,
  );
  if (!result.ok && result.failure.kind !== 'unauthorized') return result;
  return { ok: true, value: undefined };
}
