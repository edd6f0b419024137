export interface ServerEvent {
  /** `message` when it was not named. */
  readonly event: string;
  readonly data: string;
}

/** Finds server-sent events in a stream of texts, however it is cut. Comments and `retry` are left out. */
export function createEventParser(): { push(text: string): ServerEvent[] } {
  let rest = '';
  return {
    push(text) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      return blocks.flatMap((block) => parseBlock(block) ?? []);
    },
  };
}

function parseBlock(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) data.push(line.slice('data: '.length));
    else if (line.startsWith('event: ')) event = line.slice('event: '.length);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
