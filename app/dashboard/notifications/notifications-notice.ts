import { html } from 'hono/html';
import type { Html } from '../html.ts';

/** What came of a form. It is named in the address of the page that follows it, so only these can be said. */
const NOTICES = {
  'hook-deleted': { look: 'ready', words: 'The deploy hook is deleted: its URL leads nowhere any more.' },
  'webhook-added': { look: 'ready', words: 'The webhook is added. Send it a test to see whether it works.' },
  'webhook-deleted': { look: 'ready', words: 'The webhook is deleted, with what it was told.' },
  'test-sent': { look: 'busy', words: 'A test is on its way. What is answered is shown below.' },
  'sent-again': {
    look: 'busy',
    words: 'It is sent again, with the same id. What is answered is shown below.',
  },
  gone: { look: 'failed', words: 'That is not there any more: somebody else has deleted it.' },
} as const satisfies Record<string, { readonly look: string; readonly words: string }>;
export type NoticeName = keyof typeof NOTICES;

/** Nothing for what is no notice: anybody can write an address. */
export function renderNotice(name: string | undefined): Html | '' {
  if (name === undefined || !Object.hasOwn(NOTICES, name)) return '';
  const { look, words } = NOTICES[name as NoticeName];
  return html`<p class="notice ${look}" role="${look === 'failed' ? 'alert' : 'status'}">${words}</p>`;
}

export function notificationsPath(slug: string, notice?: NoticeName): string {
  return `/projects/${slug}/notifications${notice === undefined ? '' : `?notice=${notice}`}`;
}

export function webhookPath(slug: string, webhookId: string, notice?: NoticeName): string {
  const path = `/projects/${slug}/notifications/webhooks/${webhookId}`;
  return notice === undefined ? path : `${path}?notice=${notice}`;
}
