import { z } from 'zod';
import type { GithubRegistration } from '../../domain/github-app.ts';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { GithubClients } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const appSchema = z.object({
  slug: z.string().min(1),
  name: z.string(),
  html_url: z.url({ protocol: /^https?$/ }),
});

/** What GitHub knows of our App; whether it takes our key, too. */
export async function readOwnApp(
  { app }: Pick<GithubClients, 'app'>,
  options: CallOptions,
): Promise<GithubResult<GithubRegistration>> {
  const result = await callGithub(() => app.request('GET /app'), appSchema, options);
  if (!result.ok) return result;
  const { slug, name, html_url: htmlUrl } = result.value;
  return { ok: true, value: { slug, name, htmlUrl } };
}
