import { generateKeyPairSync } from 'node:crypto';
import { openGithubClients } from '../../app/github/client/app-octokit.ts';
import { answer, type Behaviour, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

export const GITHUB_APP_ID = 4711;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const GITHUB_PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const INSTALLATION_TOKEN = 'ghs_token-of-an-installation';

/** What a test says GitHub answers, one request after another, on a real socket. */
export interface ScriptedGithub extends Pick<WebhookReceiver, 'received' | 'next' | 'close' | 'open'> {
  readonly apiUrl: string;
  readonly warnings: string[];
  /** The App's clients. Each installation asks for its token first. */
  readonly clients: ReturnType<typeof openGithubClients>;
  /** `METHOD path` of what has come, without the requests for tokens. */
  calls(): string[];
  /** Forgets what has come. */
  clear(): void;
  /** The body of the request that came last. */
  lastBody(): unknown;
}

export async function startScriptedGithub(timeoutMs = 20_000): Promise<ScriptedGithub> {
  const receiver = await startWebhookReceiver();
  const apiUrl = `${receiver.origin}/api/v3`;
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  const app = { appId: GITHUB_APP_ID, privateKey: GITHUB_PRIVATE_KEY };
  return {
    apiUrl,
    warnings,
    received: receiver.received,
    open: receiver.open,
    next: (...behaviours) => receiver.next(...behaviours),
    close: () => receiver.close(),
    clients: openGithubClients(app, { apiUrl, log, timeoutMs }),
    calls: () =>
      receiver.received
        .map(({ method, path }) => `${method} ${path.replace('/api/v3', '')}`)
        .filter((call) => !call.endsWith('/access_tokens')),
    clear: () => void (receiver.received as unknown[]).splice(0),
    lastBody: () => {
      const raw = receiver.received.at(-1)?.raw.toString() ?? '';
      return raw === '' ? undefined : (JSON.parse(raw) as unknown);
    },
  };
}

export type InstallationClient = ReturnType<ScriptedGithub['clients']['installation']>;

/** The same, with a client that has its token already: what a test scripts next is the answer to its own call. */
export async function startSignedInGithub(): Promise<{
  readonly github: ScriptedGithub;
  readonly client: InstallationClient;
}> {
  const github = await startScriptedGithub();
  const client = github.clients.installation(1);
  github.next(tokenAnswer(), json(200, {}));
  await client.request('GET /installation/repositories');
  return { github, client };
}

/** An answer of GitHub's API. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  const text = JSON.stringify(body);
  return answer(status, text, { 'content-type': 'application/json; charset=utf-8', ...headers });
}

/** What an installation's first request asks for. */
export function tokenAnswer(token = INSTALLATION_TOKEN): Behaviour {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
  return json(201, {
    token,
    expires_at,
    permissions: { contents: 'read' },
    repository_selection: 'selected',
  });
}
