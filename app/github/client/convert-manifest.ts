import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const convertedSchema = z.object({
  id: z.number().int().positive(),
  slug: z.string().min(1),
  name: z.string(),
  html_url: z.url({ protocol: /^https?$/ }),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  webhook_secret: z.string().min(1).nullable(),
  pem: z.string().min(1),
});

/** An App as GitHub has just made it. Its secrets are told this once. */
export type ConvertedApp = z.infer<typeof convertedSchema>;

/** Exchanges the code that GitHub sent somebody back with, once and within an hour, for the App that it stands for. */
export async function convertManifest(
  client: Octokit,
  code: string,
  options: CallOptions,
): Promise<GithubResult<ConvertedApp>> {
  const call = () => client.request('POST /app-manifests/{code}/conversions', { code });
  return callGithub(call, convertedSchema, options);
}
