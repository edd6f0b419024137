import { exchangeWebFlowCode } from '@octokit/oauth-methods';
import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const tokenSchema = z.object({
  token: z.string().min(1),
  /** Missing where the App's owner has turned it off that tokens expire. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

/** What GitHub is asked with in a person's name. */
export type UserToken = z.infer<typeof tokenSchema>;

export interface SignInCode {
  readonly code: string;
  /** As it was when the code was asked for. */
  readonly redirectUrl: string;
  /** PKCE's: who has only seen the code can't use it. */
  readonly verifier: string;
}

/**
 * Exchanges the code that GitHub sent somebody back with, once and within ten minutes, for a token of theirs. `client`
 * proves nothing: the App's own secret is part of the request.
 */
export async function exchangeSignInCode(
  client: Octokit,
  oauth: { readonly clientId: string; readonly clientSecret: string },
  { code, redirectUrl, verifier }: SignInCode,
  options: CallOptions,
): Promise<GithubResult<UserToken>> {
  // The library knows no PKCE; what a request has by default is sent with what it adds.
  const request = client.request.defaults({ code_verifier: verifier });
  const exchange = { clientType: 'github-app', ...oauth, code, redirectUrl, request } as const;
  return callGithub(() => tell(exchange), tokenSchema, options);
}

async function tell(exchange: Parameters<typeof exchangeWebFlowCode>[0]): Promise<{ data: unknown }> {
  try {
    return { data: (await exchangeWebFlowCode(exchange)).authentication };
  } catch (error) {
    // The library looks into an answer that is a page of some proxy as if it were GitHub's.
    if (error instanceof TypeError) return { data: undefined };
    throw error;
  }
}
