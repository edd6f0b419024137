import type { DescribedDeployment } from '../domain/describe-deployment.ts';
import type { DeliveryEvent } from '../domain/words.ts';

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
