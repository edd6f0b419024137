import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const userSchema = z.object({ id: z.number().int().positive(), login: z.string().min(1) });
export type TokenUser = z.infer<typeof userSchema>;

/** Whose token this client signs in by. */
export async function readTokenUser(client: Octokit, options: CallOptions): Promise<GithubResult<TokenUser>> {
  return callGithub(() => client.request('GET /user'), userSchema, options);
}
