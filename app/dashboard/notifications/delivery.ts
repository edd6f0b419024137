import { html } from 'hono/html';
import type { DeliveryEvent, DeliveryStatus, WebhookEvent } from '../../domain/words.ts';
import type { Html } from '../html.ts';

const STATUSES: Record<DeliveryStatus, { readonly words: string; readonly look: string }> = {
  waiting: { words: 'Waiting', look: 'busy' },
  sending: { words: 'Sending', look: 'busy' },
  delivered: { words: 'Delivered', look: 'ready' },
  failed: { words: 'Not delivered', look: 'failed' },
};

const EVENTS: Record<DeliveryEvent, string> = {
  'deployment.ready': 'Deployment ready',
  'deployment.failed': 'Deployment failed',
  'deployment.blocked': 'Deployment needs approval',
  ping: 'Test',
};

const SHORT: Record<WebhookEvent, string> = {
  'deployment.ready': 'ready',
  'deployment.failed': 'failed',
  'deployment.blocked': 'needs approval',
};

/** A delivery that waits after tries that failed is not the same as one that has not been tried. */
export function renderDeliveryStatus(status: DeliveryStatus, error: string | null): Html {
  const { words, look } = STATUSES[status];
  if (status === 'waiting' && error !== null) return html`<span class="badge busy">Will try again</span>`;
  return html`<span class="badge ${look}">${words}</span>`;
}

/** What a webhook hears of. */
export function sayEvents(events: readonly WebhookEvent[]): string {
  return `Hears of deployments: ${events.map((event) => SHORT[event]).join(', ')}`;
}

/** What a delivery tells, in a few words. */
export function wordsOfEvent(event: DeliveryEvent): string {
  return EVENTS[event];
}
