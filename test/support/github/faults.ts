/** What becomes of one answer. */
export type AnswerFault =
  /** 502 before anything was done. */
  | 'serverError'
  /** It is done, and answered 502. */
  | 'lateServerError'
  /** 403 and `retry-after`, in the words of a secondary rate limit. */
  | 'forbidden'
  /** 429 and `retry-after`. */
  | 'tooMany'
  /** It is done, and the connection is cut instead of an answer. */
  | 'lostReply'
  /** The answer comes `delayMs` later. */
  | 'delay';

/** What becomes of one webhook. */
export type WebhookFault =
  /** Sent twice under one GUID. */
  | 'duplicate'
  /** The same body again, under a GUID of its own. */
  | 'copy'
  /** Sent after the one that follows. */
  | 'reorder'
  /** Never arrives, and GitHub lists it as failed. */
  | 'undelivered'
  /** Never arrives, and GitHub lists nothing. */
  | 'lost';

export interface FaultSettings {
  /** Where the randomness comes from; the same seed gives the same faults for the same requests. */
  readonly seed?: number;
  /** Shares from 0 to 1; together at most 1. */
  readonly answers?: Partial<Record<AnswerFault, number>>;
  readonly webhooks?: Partial<Record<WebhookFault, number>>;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: number;
  /** Which requests may fail; by default all. */
  readonly applies?: (request: { readonly method: string; readonly path: string }) => boolean;
  /** Every connection to the API and to Git is cut. */
  readonly isDown?: boolean;
}

interface Once {
  readonly fault: AnswerFault;
  readonly fits: (operation: string) => boolean;
}

const DEFAULT_RETRY_AFTER_SECONDS = 1;
const DEFAULT_DELAY_MS = 50;

/** What goes wrong on purpose. `set` replaces everything that was set before. */
export class Faults {
  #settings: FaultSettings = {};
  #random = seededRandom(1);
  readonly #once: Once[] = [];

  set(settings: FaultSettings): void {
    this.#settings = settings;
    this.#random = seededRandom(settings.seed ?? 1);
  }

  clear(): void {
    this.set({});
    this.#once.length = 0;
  }

  /** The next request that fits (`'POST /repos/ada/shop/statuses/'` and any end) meets this fault. */
  once(fault: AnswerFault, beginning = ''): void {
    this.#once.push({ fault, fits: (operation) => operation.startsWith(beginning) });
  }

  get isDown(): boolean {
    return this.#settings.isDown ?? false;
  }

  get retryAfterSeconds(): number {
    return this.#settings.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS;
  }

  get delayMs(): number {
    return this.#settings.delayMs ?? DEFAULT_DELAY_MS;
  }

  decideAnswer(method: string, path: string): AnswerFault | undefined {
    const planned = this.#once.findIndex(({ fits }) => fits(`${method} ${path}`));
    if (planned !== -1) return this.#once.splice(planned, 1)[0]?.fault;
    const { answers = {}, applies = () => true } = this.#settings;
    return applies({ method, path }) ? pick(answers, this.#random()) : undefined;
  }

  decideWebhook(): WebhookFault | undefined {
    return pick(this.#settings.webhooks ?? {}, this.#random());
  }
}

function pick<T extends string>(shares: Partial<Record<T, number>>, draw: number): T | undefined {
  let upTo = 0;
  for (const [fault, share] of Object.entries(shares) as [T, number][]) {
    upTo += share;
    if (draw < upTo) return fault;
  }
  return undefined;
}

/** mulberry32: the same numbers for the same seed, on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
