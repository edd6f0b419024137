import { html } from 'hono/html';
import type { DeliveryEvent, DeliveryStatus } from '../../domain/words.ts';
import type { Html } from '../html.ts';

const STATUSES: Record<DeliveryStatus, { readonly words: string; readonly look: string }> = {
  waiting: { words: 'Waiting', look: 'busy' },
  sending: { words: 'Sending', look: 'busy' },
  delivered: { words: 'Delivered', look: 'ready' },
  failed: { words: 'Not delivered', look: 'failed' },
};

const EVENTS: Record<DeliveryEvent, string> = {
  'deployment.ready': 'Ready',
  'deployment.failed': 'Failed',
  'deployment.blocked': 'Needs approval',
  ping: 'Test',
};

/** A delivery that waits after tries that failed is not the same as one that has not been tried. */
export function renderDeliveryStatus(status: DeliveryStatus, error: string | null): Html {
  const { words, look } = STATUSES[status];
  if (status === 'waiting' && error !== null) return html`<span class="badge busy">Will try again</span>`;
  return html`<span class="badge ${look}">${words}</span>`;
}

/** What a webhook is told of, in a word or two. */
export function wordsOfEvent(event: DeliveryEvent): string {
  return EVENTS[event];
}
