export interface GroupBounds {
  /** Items and bytes of one write. A single larger batch is still written, alone. */
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes that may wait for the write in flight; what comes on top is refused. */
  readonly maxWaitingBytes: number;
}

interface Waiting<T> {
  readonly items: readonly T[];
  readonly sizeBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: while one write is in flight, batches that arrive wait and go together into the next. An idle
 * store answers at once, a busy one gets few large writes (each makes a part that ClickHouse must merge later);
 * no timer trades latency against throughput. A failed write fails all of its batches.
 *
 * `refuse` makes the error for batches that find too much waiting already.
 */
export function groupWrites<T>(
  write: (items: T[]) => Promise<void>,
  bounds: GroupBounds,
  refuse: () => Error,
): (items: readonly T[], sizeBytes: number) => Promise<void> {
  const queue: Waiting<T>[] = [];
  let waitingBytes = 0;
  let isWriting = false;

  async function drain(): Promise<void> {
    isWriting = true;
    while (queue.length > 0) {
      const group = takeGroup(queue, bounds);
      waitingBytes -= group.reduce((sum, batch) => sum + batch.sizeBytes, 0);
      await settle(group, write);
    }
    isWriting = false;
  }

  return (items, sizeBytes) => {
    if (waitingBytes > 0 && waitingBytes + sizeBytes > bounds.maxWaitingBytes)
      return Promise.reject(refuse());
    return new Promise((resolve, reject) => {
      queue.push({ items, sizeBytes, resolve, reject });
      waitingBytes += sizeBytes;
      if (!isWriting) void drain();
    });
  };
}

/** Removes from the queue's front what fits into one write: at least one batch. */
function takeGroup<T>(queue: Waiting<T>[], bounds: GroupBounds): Waiting<T>[] {
  let [count, items, bytes] = [0, 0, 0];
  for (const batch of queue) {
    items += batch.items.length;
    bytes += batch.sizeBytes;
    if (count > 0 && (items > bounds.maxItems || bytes > bounds.maxBytes)) break;
    count += 1;
  }
  return queue.splice(0, count);
}

async function settle<T>(group: readonly Waiting<T>[], write: (items: T[]) => Promise<void>): Promise<void> {
  try {
    await write(group.flatMap((batch) => [...batch.items]));
    for (const batch of group) batch.resolve();
  } catch (error) {
    for (const batch of group) batch.reject(error);
  }
}
