import type { WebhookRow } from '../db/webhooks.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';

/** What the database keeps of a webhook's URL, which may be a secret itself. */
export function sealWebhookUrl(id: string, url: string, secrets: Pick<SecretBox, 'seal'>): string {
  return secrets.seal(url, sealingContext('webhookUrl', id));
}

export function sealWebhookSecret(id: string, secret: string, secrets: Pick<SecretBox, 'seal'>): string {
  return secrets.seal(secret, sealingContext('webhookSecret', id));
}

/** As it is sent to: never logged or shown. Throws SealedTextError when the key that sealed it is gone. */
export function openWebhook(
  { id, url, secret }: Pick<WebhookRow, 'id' | 'url' | 'secret'>,
  secrets: Pick<SecretBox, 'open'>,
): { readonly url: string; readonly secret: string | null } {
  return {
    url: secrets.open(url, sealingContext('webhookUrl', id)),
    secret: secret === null ? null : secrets.open(secret, sealingContext('webhookSecret', id)),
  };
}
