import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { GithubClients } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const PAGE_SIZE = 100;
/** Pages that are looked through at a time, from the newest. */
const MAX_PAGES = 50;

/** GitHub counts them all over the world: they are beyond what a number holds. */
const idSchema = z.union([z.number(), z.bigint(), z.string()]).transform(String);

const deliverySchema = z.object({
  id: idSchema,
  guid: z.string(),
  delivered_at: z.iso.datetime({ offset: true }),
  redelivery: z.boolean(),
  status_code: z.number(),
  event: z.string(),
  action: z.string().nullable(),
});

/** One try of GitHub's to deliver a webhook. Tries of the same webhook have the same GUID. */
export interface HookDelivery {
  readonly id: string;
  readonly guid: string;
  readonly deliveredAt: Date;
  readonly isRedelivery: boolean;
  /** What we answered; 0 where nobody did. */
  readonly statusCode: number;
  readonly event: string;
  readonly action: string | null;
}

export interface HookDeliveries {
  /** The newest first. */
  readonly deliveries: readonly HookDelivery[];
  /** Where it goes on, when there are more since the moment that was asked for than are looked through at a time. */
  readonly next: string | null;
}

export interface ListDeliveriesOptions extends CallOptions {
  /** `next` of the part before. */
  readonly from?: string | null;
}

/** The deliveries since a moment. */
export async function listHookDeliveries(
  { app }: Pick<GithubClients, 'app'>,
  since: Date,
  { from = null, ...options }: ListDeliveriesOptions,
): Promise<GithubResult<HookDeliveries>> {
  const deliveries: HookDelivery[] = [];
  let cursor = from ?? undefined;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    let link: string | undefined;
    const wanted = { per_page: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
    const listed = await callGithub(
      async () => {
        const answer = await app.request('GET /app/hook/deliveries', wanted);
        link = answer.headers.link;
        return answer;
      },
      z.array(deliverySchema),
      options,
    );
    if (!listed.ok) return listed;
    const known = listed.value.map(hookDeliveryOf);
    deliveries.push(...known.filter(({ deliveredAt }) => deliveredAt >= since));
    cursor = nextCursorOf(link);
    const isPast = known.some(({ deliveredAt }) => deliveredAt < since);
    if (isPast || cursor === undefined) return { ok: true, value: { deliveries, next: null } };
  }
  return { ok: true, value: { deliveries, next: cursor ?? null } };
}

function hookDeliveryOf(delivery: z.infer<typeof deliverySchema>): HookDelivery {
  const { id, guid, delivered_at, redelivery, status_code, event, action } = delivery;
  return {
    id,
    guid,
    deliveredAt: new Date(delivered_at),
    isRedelivery: redelivery,
    statusCode: status_code,
    event,
    action,
  };
}

/** Of a Link header: `<https://…?cursor=v1_123>; rel="next"`. */
function nextCursorOf(link: string | undefined): string | undefined {
  const url = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).searchParams.get('cursor') ?? undefined;
}

/** Asks GitHub to deliver one again, under the same GUID. */
export async function askForRedelivery(
  { app }: Pick<GithubClients, 'app'>,
  id: string,
  options: CallOptions,
): Promise<GithubResult<unknown>> {
  // As text: it may be beyond what a number holds. The address is the same.
  const delivery_id = id as unknown as number;
  const call = () => app.request('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id });
  return callGithub(call, z.unknown(), options);
}
