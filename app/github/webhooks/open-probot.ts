import { pino } from 'pino';
import { Probot, ProbotOctokit } from 'probot';

export interface ProbotIdentity {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** What GitHub signs webhooks with; Probot would take "development" for an empty one. */
  readonly webhookSecret: string;
  readonly apiUrl: string;
}

/** A webhook that was verified. */
export interface VerifiedWebhook {
  /** X-GitHub-Delivery. */
  readonly guid: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

/**
 * Probot with one handler for everything: what a webhook means is decided in app/actions. Its server is not used, since
 * that answers before a handler is done; nor are its retries and throttling, since jobs do both across processes.
 */
export async function openProbot(
  identity: ProbotIdentity,
  handle: (webhook: VerifiedWebhook) => Promise<void>,
): Promise<Probot> {
  if (identity.webhookSecret === '')
    throw new Error('a GitHub App without a webhook secret would trust anybody');
  const probot = new Probot({
    appId: identity.appId,
    privateKey: identity.privateKey,
    secret: identity.webhookSecret,
    baseUrl: identity.apiUrl,
    Octokit: ProbotOctokit.defaults({ retry: { enabled: false }, throttle: { enabled: false } }),
    // What fails is thrown by receive() as well, and logged there once.
    log: pino({ level: 'silent' }),
  });
  await probot.ready();
  probot.onAny(async ({ id, name, payload }) => handle({ guid: id, event: name, payload }));
  return probot;
}
