import type { DescribedDeployment } from '../domain/describe-deployment.ts';
import type { DeliveryEvent, WebhookFormat } from '../domain/words.ts';
import { formatSlackMessage } from './slack-message.ts';

/** Rises when a receiver could misunderstand a payload of before; fields may be added without. */
export const PAYLOAD_VERSION = 1;

/** What happened, as receivers are told. Times are epoch milliseconds. */
export interface News {
  /** The delivery's: the same for all its tries, so that receivers can know what they had already. */
  readonly id: string;
  readonly event: DeliveryEvent;
  readonly createdAt: number;
  readonly project: {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly url: string;
  };
  /** As the API shows it; null for a ping. */
  readonly deployment: DescribedDeployment | null;
  /** Where people read more: the deployment's page, or the project's. */
  readonly page: string;
}

/** The body of a delivery. */
export function formatPayload(news: News, format: WebhookFormat): string {
  return JSON.stringify(format === 'slack' ? formatSlackMessage(news) : jsonPayload(news));
}

function jsonPayload({ id, event, createdAt, project, deployment, page }: News) {
  return { version: PAYLOAD_VERSION, id, event, createdAt, project, deployment, page };
}
