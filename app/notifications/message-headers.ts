import { createHmac } from 'node:crypto';
import type { DeliveryEvent } from '../domain/words.ts';

const USER_AGENT = 'Offshoot-Webhook/1';

export interface Message {
  /** The delivery's. */
  readonly id: string;
  readonly event: DeliveryEvent;
  readonly body: string;
}

/** What a delivery is sent with. `secret` is null where the receiver can't check a signature (Slack). */
export function messageHeaders({ id, event, body }: Message, secret: string | null): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': USER_AGENT,
    'x-offshoot-event': event,
    'x-offshoot-delivery': id,
    ...(secret === null ? {} : { 'x-offshoot-signature-256': signBody(body, secret) }),
  };
}

/** As GitHub signs: the HMAC of the raw body, so that libraries that check GitHub's check ours. */
function signBody(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
