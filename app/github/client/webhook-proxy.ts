import { SmeeClient } from 'smee-client';

/** How soon to try again after the channel refused or closed. While it is only out of reach, the client tries itself. */
const RETRY_MS = 5000;

export interface WebhookProxyOptions {
  /** WEBHOOK_PROXY_URL. */
  readonly source: string;
  /** Our own route for webhooks, on this machine. */
  readonly target: string;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** RETRY_MS by default. */
  readonly retryMs?: number;
}

/**
 * Passes webhooks of a smee.io channel on to this app, for an Offshoot that GitHub can't reach. The channel reads what
 * passes and may lose it; signatures are checked as ever, and several processes that pass on the same webhook do no harm.
 */
export function startWebhookProxy(options: WebhookProxyOptions): { stop(): Promise<void> } {
  const { log, retryMs = RETRY_MS } = options;
  let client = openClient(options);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const connect = async (): Promise<void> => {
    const current = client;
    try {
      const events = await current.start();
      log.info({}, 'webhooks come through WEBHOOK_PROXY_URL');
      events.addEventListener('error', () => {
        if (events.readyState === events.CLOSED) void again(current);
      });
    } catch (error) {
      log.warn({ err: error }, 'the channel of WEBHOOK_PROXY_URL can’t be opened; it is tried again');
      await again(current);
    }
  };
  const again = async (failed: SmeeClient): Promise<void> => {
    await failed.stop();
    if (isStopped || failed !== client) return;
    client = openClient(options);
    timer = setTimeout(() => void connect(), retryMs);
  };

  void connect();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await client.stop();
    },
  };
}

function openClient({ source, target, log }: WebhookProxyOptions): SmeeClient {
  return new SmeeClient({
    source,
    target,
    // What is in a channel's address is nothing of GitHub's.
    queryForwarding: false,
    fetch: withoutProxyTo(target),
    logger: {
      info: () => undefined,
      error: (message: unknown) => log.warn({ detail: String(message) }, 'a webhook was not passed on'),
    },
  });
}

/** The client sends everything through the proxy of the environment, which can't reach this machine's own port. */
function withoutProxyTo(target: string) {
  return (input: URL | string, init: RequestInit & { dispatcher?: unknown }): Promise<Response> => {
    const { dispatcher, ...direct } = init;
    return fetch(input, String(input) === target ? direct : ({ ...direct, dispatcher } as RequestInit));
  };
}
