/** One event of `text/event-stream`. */
export interface StreamEvent {
  /** `message` when the event names no other. */
  readonly event: string;
  readonly data: string;
  /** Of this event or of the last one that had one. */
  readonly lastId: string | undefined;
}

/** A line of a log has 64 KiB at most, and JSON may write each byte as six. */
const MAX_EVENT_CHARACTERS = 1024 * 1024;

/**
 * Reads the text of an event stream, in whatever pieces it comes; each call returns the events that are whole by then.
 * Throws when one event is longer than any that Offshoot sends.
 */
export function createEventParser(): (chunk: string) => StreamEvent[] {
  let [rest, lastId]: [string, string | undefined] = ['', undefined];
  let event = '';
  let data: string[] = [];

  function takeLine(line: string): StreamEvent | undefined {
    if (line === '') {
      const whole = { event: event || 'message', data: data.join('\n'), lastId };
      const isEvent = data.length > 0;
      [event, data] = ['', []];
      return isEvent ? whole : undefined;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) lastId = value;
    return undefined;
  }

  return (chunk) => {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARACTERS) throw new Error('an event of the log has no end');
    return lines.map(takeLine).filter((each) => each !== undefined);
  };
}
