import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { takeId } from './state.ts';
import type { App, Level, Permissions, User } from './state.ts';
import { UNASKED_EVENTS } from './webhooks.ts';
import { nowIso } from './world.ts';
import type { World } from './world.ts';

/** What a manifest says; GitHub ignores the rest. */
export interface Manifest {
  readonly name?: string;
  readonly url?: string;
  readonly description?: string;
  readonly hook_attributes?: { readonly url?: string; readonly active?: boolean };
  readonly redirect_url?: string;
  readonly callback_urls?: readonly string[];
  readonly setup_url?: string;
  readonly public?: boolean;
  readonly default_events?: readonly string[];
  readonly default_permissions?: Readonly<Record<string, string>>;
}

const NAME_LENGTH = 34;

/** Which permissions back an event: one of them is enough. Of the events that a deployer might want. */
const BACKED_BY: Readonly<Record<string, readonly string[]>> = {
  check_run: ['checks'],
  check_suite: ['checks'],
  commit_comment: ['contents'],
  create: ['contents'],
  delete: ['contents'],
  deployment: ['deployments'],
  deployment_status: ['deployments'],
  fork: ['contents'],
  issue_comment: ['issues'],
  issues: ['issues'],
  label: ['metadata'],
  member: ['members', 'metadata'],
  merge_group: ['merge_queues'],
  meta: ['metadata'],
  organization: ['members'],
  public: ['metadata'],
  pull_request: ['pull_requests'],
  pull_request_review: ['pull_requests'],
  pull_request_review_comment: ['pull_requests'],
  pull_request_review_thread: ['pull_requests'],
  push: ['contents'],
  release: ['contents'],
  repository: ['metadata'],
  star: ['metadata'],
  status: ['statuses'],
  watch: ['metadata'],
  workflow_job: ['actions'],
  workflow_run: ['actions'],
};

/** What is wrong with a manifest, in GitHub's words; nothing when an App can be made of it. */
export function checkManifest(manifest: Manifest): string[] {
  const { name = '', url = '', default_events: events = [], hook_attributes: hook } = manifest;
  const granted = { metadata: 'read', ...manifest.default_permissions };
  const unsupported = events.filter((event) => UNASKED_EVENTS.includes(event) || !(event in BACKED_BY));
  const unbacked = events.filter(
    (event) => !(BACKED_BY[event] ?? []).some((permission) => isLevel(granted, permission)),
  );
  return [
    ...(url === '' ? ["Url can't be blank"] : []),
    ...(name.length > NAME_LENGTH ? [`Name is too long (maximum is ${NAME_LENGTH} characters)`] : []),
    ...(hook !== undefined && !isUrl(hook.url) ? ['Hook url is not a valid URL'] : []),
    ...Object.entries(granted)
      .filter(([, level]) => level !== 'read' && level !== 'write' && level !== 'none' && level !== 'admin')
      .map(
        ([permission]) => `Default permission records resource is not included in the list: ${permission}`,
      ),
    ...(unsupported.length > 0 ? [`Default events unsupported: ${toSentence(unsupported)}`] : []),
    ...(unbacked.length > 0
      ? [`Default events are not supported by permissions: ${toSentence(unbacked)}`]
      : []),
  ];
}

function isLevel(granted: Readonly<Record<string, string>>, permission: string): boolean {
  return ['read', 'write', 'admin'].includes(granted[permission] ?? 'none');
}

function isUrl(text: string | undefined): boolean {
  return text !== undefined && URL.canParse(text) && /^https?:/.test(text);
}

/** `a`, `a and b`, `a, b, and c`. */
function toSentence(words: readonly string[]): string {
  if (words.length < 3) return words.join(' and ');
  return `${words.slice(0, -1).join(', ')}, and ${words.at(-1)}`;
}

const toSlug = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** An App with keys and secrets of its own. */
export function createApp(world: World, owner: User, manifest: Manifest): App {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const { name = 'Offshoot', hook_attributes: hook } = manifest;
  const slug = toSlug(name);
  return {
    id: takeId(world.state),
    slug,
    name,
    owner,
    description: manifest.description ?? '',
    externalUrl: manifest.url ?? '',
    callbackUrls: manifest.callback_urls ?? [],
    setupUrl: manifest.setup_url ?? null,
    redirectUrl: manifest.redirect_url ?? null,
    clientId: world.token('Iv23'),
    clientSecret: world.token('secret'),
    webhookSecret: world.token('hook'),
    privateKey,
    publicKey: createPublicKey(privateKey),
    permissions: permissionsOf(manifest),
    events: manifest.default_events ?? [],
    hookId: takeId(world.state),
    hookUrl: hook?.active === false ? null : (hook?.url ?? null),
    bot: {
      id: takeId(world.state),
      login: `${slug}[bot]`,
      type: 'Bot',
      email: `${slug}[bot]@users.noreply.github.test`,
    },
    createdAt: nowIso(world),
  };
}

function permissionsOf({ default_permissions: wanted = {} }: Manifest): Permissions {
  const granted = Object.entries(wanted).filter(([, level]) => level === 'read' || level === 'write');
  return { metadata: 'read', ...(Object.fromEntries(granted) as Record<string, Level>) };
}
