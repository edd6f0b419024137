import { createRequire } from 'node:module';

type Json = Readonly<Record<string, unknown>>;

interface Examples {
  readonly name: string;
  readonly examples: readonly Json[];
}

const require = createRequire(import.meta.url);
let loaded: readonly Examples[] | undefined;

/** A body as GitHub sent it once: what ours start from, so that no field is missing which a reader may look for. */
export function takeExample(event: string, action?: string): Json {
  // Megabytes of JSON, which only whoever sends a webhook has to read.
  loaded ??= require('@octokit/webhooks-examples') as readonly Examples[];
  const examples = loaded.find(({ name }) => name === event)?.examples ?? [];
  const fitting = examples.filter((each) => each['action'] === action);
  const found = fitting.find((each) => 'installation' in each) ?? fitting[0];
  if (found === undefined) throw new Error(`@octokit/webhooks-examples has no ${event} ${action ?? ''}`);
  return found;
}

/** The text of an example's part, where every address of its repository leads to another's. */
export function relocate(
  json: string,
  from: string,
  fullName: string,
  urls: { web: string; api: string },
): string {
  return json
    .replaceAll(`https://api.github.com/repos/${from}`, `${urls.api}/repos/${fullName}`)
    .replaceAll(`https://github.com/${from}`, `${urls.web}/${fullName}`)
    .replaceAll(`git://github.com/${from}`, `${urls.web.replace(/^https?/, 'git')}/${fullName}`)
    .replaceAll(`git@github.com:${from}`, `git@${new URL(urls.web).hostname}:${fullName}`);
}
