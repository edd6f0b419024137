import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEvent } from './follow-log.ts';
import { formatServerSentEvent, streamServerSentEvents } from './server-sent-events.ts';

const LINE = { attempt: 1, seq: 2, at: 3, phase: 'build', stream: 'stdout' } as const;
const lineEvent = (text: string): LogEvent => ({ kind: 'lines', lines: [{ ...LINE, text }] });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Events that come when the test says so. */
function createEvents() {
  const state = { asked: 0, isOver: false };
  const waiting: ((result: IteratorResult<LogEvent, void>) => void)[] = [];
  const events: AsyncIterator<LogEvent, void> = {
    next: () => {
      state.asked += 1;
      return new Promise((resolve) => waiting.push(resolve));
    },
    return: async () => {
      state.isOver = true;
      return { done: true, value: undefined };
    },
  };
  return { events, state, give: (value: LogEvent) => waiting.shift()?.({ done: false, value }) };
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value);
}

describe('a server-sent event', () => {
  it('holds one line of the format however the text looks', () => {
    const text = 'a\r\nevent: result\ndata: x\n\n\u2028';
    const formatted = formatServerSentEvent(lineEvent(text));
    expect(formatted).toMatch(/^id: 1\.2\ndata: \{[^\n\r]*\}\n\n$/);
    expect(JSON.parse(formatted.slice('id: 1.2\ndata: '.length))).toEqual({ ...LINE, text });
  });
});

describe('a stream of server-sent events', () => {
  it('says something every 15 s while a build is silent', async () => {
    const { events } = createEvents();
    const reader = streamServerSentEvents(events, new AbortController()).getReader();
    expect(await readText(reader)).toBe('retry: 1000\n\n');
    const next = readText(reader);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await next).toMatch(/^: .*\n\n$/);
  });

  it('asks for no more events than its reader takes, and cuts a reader off that takes none for a minute', async () => {
    const { events, state, give } = createEvents();
    const abort = new AbortController();
    const reader = streamServerSentEvents(events, abort).getReader();
    await readText(reader);
    await vi.advanceTimersByTimeAsync(0);
    give(lineEvent('one'));
    await vi.advanceTimersByTimeAsync(59_000);
    expect([state.asked, abort.signal.aborted]).toEqual([1, false]);
    await vi.advanceTimersByTimeAsync(2000);
    expect([abort.signal.aborted, state.isOver]).toEqual([true, true]);
    await expect(reader.read()).rejects.toThrow(/took nothing/);
  });

  it('ends its source when the reader goes away', async () => {
    const { events, state } = createEvents();
    const abort = new AbortController();
    await streamServerSentEvents(events, abort).cancel();
    expect([abort.signal.aborted, state.isOver]).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
