/** One server-sent event, as EventSource would give it. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
  /** When it came: performance.now(). */
  readonly at: number;
}

/** Reads server-sent events until the server closes or the reader stops. Comments and `retry` are left out. */
export async function* readEvents(url: string, init: RequestInit = {}): AsyncGenerator<ReceivedEvent> {
  const response = await fetch(url, {
    ...init,
    headers: { accept: 'text/event-stream', ...(init.headers as Record<string, string>) },
  });
  if (!response.ok || response.body === null) throw new Error(`no events: ${await response.text()}`);
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const at = performance.now();
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block, at);
      if (event !== undefined) yield event;
    }
  }
}

function parseEvent(block: string, at: number): ReceivedEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: JSON.parse(data), at };
}

export async function collectEvents(events: AsyncIterable<ReceivedEvent>): Promise<ReceivedEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The numbers of the log lines among the events of `GET /logs/:id`. */
export function seqsOf(events: readonly ReceivedEvent[]): number[] {
  return events.filter(({ event }) => event === 'message').map(({ data }) => (data as { seq: number }).seq);
}
