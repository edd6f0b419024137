import type { WebhookRow } from '../db/webhooks.ts';
import type { SecretBox } from '../domain/sealed-text.ts';

/** What the database keeps of a webhook's URL, which may be a secret itself. */
export function sealWebhookUrl(id: string, url: string, secrets: Pick<SecretBox, 'seal'>): string {
  return secrets.seal(url, contextOf(id, 'url'));
}

export function sealWebhookSecret(id: string, secret: string, secrets: Pick<SecretBox, 'seal'>): string {
  return secrets.seal(secret, contextOf(id, 'secret'));
}

/** As it is sent to: never logged or shown. Throws SealedTextError when the key that sealed it is gone. */
export function openWebhook(
  { id, url, secret }: Pick<WebhookRow, 'id' | 'url' | 'secret'>,
  secrets: Pick<SecretBox, 'open'>,
): { readonly url: string; readonly secret: string | null } {
  return {
    url: secrets.open(url, contextOf(id, 'url')),
    secret: secret === null ? null : secrets.open(secret, contextOf(id, 'secret')),
  };
}

/** Each opens for its own webhook and purpose only. */
function contextOf(id: string, what: 'url' | 'secret'): string {
  return `webhooks/${id}/${what}`;
}
