import { html } from 'hono/html';
import type { DeliveryOutcome } from '../../domain/words.ts';
import type { Html } from '../html.ts';

export const PATH = '/github/deliveries';

/** A delivery as the list shows it. Times are epoch milliseconds. */
export interface DeliveryLine {
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  /** `owner/name`; null where it is about no repository. */
  readonly repositoryName: string | null;
  readonly outcome: DeliveryOutcome;
  readonly reason: string;
  readonly receivedAt: number;
  readonly replayedAt: number | null;
}

export const OUTCOMES: Record<DeliveryOutcome, { readonly words: string; readonly look: string }> = {
  handled: { words: 'Handled', look: 'ready' },
  deferred: { words: 'Asked GitHub', look: 'busy' },
  ignored: { words: 'Ignored', look: 'idle' },
};

export function renderOutcome(outcome: DeliveryOutcome): Html {
  const { words, look } = OUTCOMES[outcome];
  return html`<span class="badge ${look}">${words}</span>`;
}

/** `pull_request opened`, in GitHub's own words: people look for them there too. */
export function sayEvent({ event, action }: Pick<DeliveryLine, 'event' | 'action'>): string {
  return action === null ? event : `${event} ${action}`;
}

export function deliveryPath(guid: string, notice?: string): string {
  const path = `${PATH}/${encodeURIComponent(guid)}`;
  return notice === undefined ? path : `${path}?notice=${notice}`;
}
