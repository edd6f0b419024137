// A process of its own for what GitHub does in bench/webhooks.ts: sends pushes, and tells how long each answer took.
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { payloadOf } from '../../test/support/example-payloads.ts';

export interface Order {
  readonly url: string;
  readonly secret: string;
  readonly repositories: number;
  readonly count: number;
  /** So many a second, whether or not the last one was answered. */
  readonly perSecond?: number;
  /** Or as many as can be, so many under way at once. */
  readonly atOnce?: number;
}

export interface Sent {
  /** Of each, until it was answered. */
  readonly timesMs: readonly number[];
  /** Of all. */
  readonly tookMs: number;
}

process.on('message', (order: Order) => {
  void run(order).then(
    (sent) => process.send?.(sent),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function run(order: Order): Promise<Sent> {
  const pushes = Array.from({ length: order.count }, () => makePush(order));
  const startedAt = performance.now();
  const timesMs = await (order.perSecond === undefined ? flood(order, pushes) : pace(order, pushes));
  return { timesMs, tookMs: performance.now() - startedAt };
}

let sent = 0;

/** The first push to a branch of its own, as GitHub sends it; made before the clock starts. */
function makePush({ secret, repositories }: Order): {
  readonly body: string;
  readonly headers: Record<string, string>;
} {
  const number = (sent += 1);
  const commit = number.toString(16).padStart(40, '0');
  const payload = payloadOf('push', {
    ref: `refs/heads/branch-${number}`,
    before: '0'.repeat(40),
    after: commit,
    created: true,
    deleted: false,
    head_commit: {
      id: commit,
      message: 'A change',
      timestamp: '2026-01-01T00:00:00Z',
      author: { name: 'Ada' },
    },
    repository: {
      id: (number % repositories) + 1,
      full_name: `octo/repository-${number % repositories}`,
      html_url: `https://github.com/octo/repository-${number % repositories}`,
      default_branch: 'main',
      pushed_at: 1_767_225_600 + number,
    },
  });
  const body = JSON.stringify(payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  };
}

/** Milliseconds until one push was accepted. */
async function send({ url }: Order, push: ReturnType<typeof makePush>): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url, { method: 'POST', ...push });
  await answer.text();
  if (answer.status !== 202 && answer.status !== 200)
    throw new Error(`a webhook was answered with ${answer.status}`);
  return performance.now() - startedAt;
}

async function pace(order: Order, pushes: ReturnType<typeof makePush>[]): Promise<number[]> {
  const startedAt = performance.now();
  const answers: Promise<number>[] = [];
  for (const [index, push] of pushes.entries()) {
    const waitMs = startedAt + (index * 1000) / (order.perSecond ?? 1) - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    answers.push(send(order, push));
  }
  return Promise.all(answers);
}

async function flood(order: Order, pushes: ReturnType<typeof makePush>[]): Promise<number[]> {
  const timesMs: number[] = [];
  const sendSome = async () => {
    for (let push = pushes.pop(); push !== undefined; push = pushes.pop())
      timesMs.push(await send(order, push));
  };
  await Promise.all(Array.from({ length: order.atOnce ?? 1 }, sendSome));
  return timesMs;
}
