import { listDeployHooks } from '../../db/deploy-hooks.ts';
import type { Executor } from '../../db/database.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { listWebhookSummaries } from '../../db/webhook-listing.ts';
import type { SiteDomain } from '../../../contracts/site-domain.ts';
import type { DeliveryEvent, DeliveryStatus, WebhookEvent, WebhookFormat } from '../../domain/words.ts';
import { type ProjectHead, projectHeadOf } from '../parts/project-header.ts';

/** More than a project can have. */
const ALL = 100;

/** Times are epoch milliseconds. */
export interface HookLine {
  readonly id: string;
  readonly name: string;
  readonly branch: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

export interface WebhookLine {
  readonly id: string;
  readonly format: WebhookFormat;
  readonly urlHint: string;
  readonly events: readonly WebhookEvent[];
  readonly newest: {
    readonly event: DeliveryEvent;
    readonly status: DeliveryStatus;
    readonly error: string | null;
    readonly at: number;
  } | null;
}

export interface NotificationsData {
  readonly head: ProjectHead;
  readonly productionBranch: string;
  readonly hasRepository: boolean;
  readonly hooks: readonly HookLine[];
  readonly webhooks: readonly WebhookLine[];
  /** From the address; anybody can write one. */
  readonly notice: string | undefined;
}

/** All that the page of a project's notifications shows. */
export async function loadNotifications(
  project: ProjectRow,
  notice: string | undefined,
  { db, domain }: { readonly db: Executor; readonly domain: SiteDomain },
): Promise<NotificationsData> {
  const [hooks, summaries] = await Promise.all([
    listDeployHooks(db, project.id, { after: undefined, limit: ALL }),
    listWebhookSummaries(db, project.id, ALL),
  ]);
  return {
    head: projectHeadOf(project, domain),
    productionBranch: project.productionBranch,
    hasRepository: project.gitUrl !== null,
    hooks: hooks.map(({ id, name, branch, createdAt, lastUsedAt }) => ({
      id,
      name,
      branch,
      createdAt: createdAt.getTime(),
      lastUsedAt: lastUsedAt?.getTime() ?? null,
    })),
    webhooks: summaries.map(({ webhook: { id, format, urlHint, events }, newest }) => ({
      id,
      format,
      urlHint,
      events,
      newest: newest && {
        event: newest.event,
        status: newest.status,
        error: newest.error,
        at: newest.createdAt.getTime(),
      },
    })),
    notice,
  };
}
