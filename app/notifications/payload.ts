import type { WebhookFormat } from '../domain/words.ts';
import type { News } from './news.ts';
import { formatSlackMessage } from './slack-message.ts';

/** Rises when a receiver could misunderstand a payload of before; fields may be added without. */
export const PAYLOAD_VERSION = 1;

/** The body of a delivery. */
export function formatPayload(news: News, format: WebhookFormat): string {
  return JSON.stringify(format === 'slack' ? formatSlackMessage(news) : jsonPayload(news));
}

function jsonPayload({ id, event, createdAt, project, deployment, page }: News) {
  return { version: PAYLOAD_VERSION, id, event, createdAt, project, deployment, page };
}
