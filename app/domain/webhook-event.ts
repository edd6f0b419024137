import type { DeploymentStatus, WebhookEvent } from './words.ts';

const EVENTS: Partial<Record<DeploymentStatus, WebhookEvent>> = {
  ready: 'deployment.ready',
  failed: 'deployment.failed',
  blocked: 'deployment.blocked',
};

/** What webhooks hear when a deployment comes to a status; undefined where they hear nothing. */
export function webhookEventOf(status: DeploymentStatus): WebhookEvent | undefined {
  return EVENTS[status];
}
