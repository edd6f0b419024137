const HOUR_MS = 60 * 60 * 1000;
/** GitHub forgets deliveries after three days, and refuses to send them again. */
export const MAX_REDELIVERY_AGE_MS = 72 * HOUR_MS;
/** Each is a request to GitHub and then a webhook; what is left is asked for in the next round. */
export const MAX_REDELIVERIES = 100;
/** A redelivery that was just asked for may be under way: asking again would have it come twice. */
export const REDELIVERY_PATIENCE_MS = 5 * 60 * 1000;
/** Nothing that fails so often gets better by itself. */
export const MAX_REDELIVERY_TRIES = 10;

/** One try to deliver a webhook, as `GET /app/hook/deliveries` lists it. A redelivery is another of the same GUID. */
export interface DeliveryTry {
  readonly guid: string;
  readonly deliveredAt: Date;
  /** What we answered; 0, or what GitHub says instead, where we did not. */
  readonly statusCode: number;
}

/** The tries of one webhook, the newest first. */
type Tries<Try> = readonly Try[];

/**
 * The tries to ask GitHub for again, the oldest first, since later events build on earlier ones: the newest try of each
 * webhook of which none has succeeded. `received` are GUIDs whose delivery is recorded here: it was taken in, even if
 * our answer was lost.
 */
export function planRedelivery<Try extends DeliveryTry>(
  listed: readonly Try[],
  received: ReadonlySet<string>,
  now: Date,
): Try[] {
  return openWebhooks(listed, received, now)
    .filter((tries) => isDue(tries, now))
    .toSorted((one, other) => firstTime(one) - firstTime(other))
    .slice(0, MAX_REDELIVERIES)
    .flatMap((tries) => tries.slice(0, 1));
}

/**
 * When the oldest webhook of these was sent that may still be asked for again, now or in a later round: a list that
 * begins later would lose it. Undefined when all are settled.
 */
export function oldestOpenDelivery(
  listed: readonly DeliveryTry[],
  received: ReadonlySet<string>,
  now: Date,
): Date | undefined {
  const times = openWebhooks(listed, received, now).map(firstTime);
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

/** Those that have not come, and that are neither given up nor forgotten by GitHub. */
function openWebhooks<Try extends DeliveryTry>(
  listed: readonly Try[],
  received: ReadonlySet<string>,
  now: Date,
): Tries<Try>[] {
  return [...Map.groupBy(listed, ({ guid }) => guid).values()]
    .filter((tries) => !tries.some(({ guid, statusCode }) => received.has(guid) || isSuccess(statusCode)))
    .filter((tries) => tries.length <= MAX_REDELIVERY_TRIES)
    .map((tries) => tries.toSorted((one, other) => timeOf(other) - timeOf(one)))
    .filter(([newest]) => newest !== undefined && now.getTime() - timeOf(newest) <= MAX_REDELIVERY_AGE_MS);
}

/** A webhook that was never asked for again has one try, and nothing to be patient about. */
function isDue(tries: Tries<DeliveryTry>, now: Date): boolean {
  const [newest] = tries;
  if (newest === undefined) return false;
  return tries.length === 1 || now.getTime() - timeOf(newest) >= REDELIVERY_PATIENCE_MS;
}

function firstTime(tries: Tries<DeliveryTry>): number {
  return Math.min(...tries.map(timeOf));
}

const timeOf = ({ deliveredAt }: DeliveryTry): number => deliveredAt.getTime();
const isSuccess = (statusCode: number): boolean => statusCode >= 200 && statusCode < 300;
