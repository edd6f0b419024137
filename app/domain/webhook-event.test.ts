import { expect, it } from 'vitest';
import { webhookEventOf } from './webhook-event.ts';
import { DEPLOYMENT_STATUSES } from './words.ts';

it('webhooks hear of what is ready, failed or blocked, and of nothing else', () => {
  const told = DEPLOYMENT_STATUSES.flatMap((status) => webhookEventOf(status) ?? []);
  expect(told).toEqual(['deployment.ready', 'deployment.failed', 'deployment.blocked']);
});
