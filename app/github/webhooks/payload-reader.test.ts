import { describe, expect, it } from 'vitest';
import { createPayloadReader } from './payload-reader.ts';

const NEVER_MS = 60_000;
const read = (bounds: Partial<Parameters<typeof createPayloadReader>[0]> = {}) =>
  createPayloadReader({ maxBytes: 10, maxBytesAtOnce: 15, timeoutMs: NEVER_MS, ...bounds });
const requestWith = (
  body: string | ReadableStream<Uint8Array> | null,
  headers: Record<string, string> = {},
) => new Request('http://localhost', { method: 'POST', body, headers, duplex: 'half' });
/** A body that begins and does not go on. */
const stalled = (begin: string) =>
  new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(new TextEncoder().encode(begin)) });

describe('a payload', () => {
  it('comes as it was sent, in however many pieces', async () => {
    const pieces = new ReadableStream<Uint8Array>({
      start(stream) {
        for (const piece of ['on', 'e', ' two']) stream.enqueue(new TextEncoder().encode(piece));
        stream.close();
      },
    });
    const payload = await read()(requestWith(pieces));
    expect(payload.outcome === 'read' && new TextDecoder().decode(payload.bytes)).toBe('one two');
  });

  it('of nothing is empty', async () => {
    expect(await read()(requestWith(null))).toMatchObject({ outcome: 'read', bytes: new Uint8Array() });
  });

  it('that is too large is refused: by its announcement, and by what comes', async () => {
    expect(await read()(requestWith('x', { 'content-length': '11' }))).toEqual({ outcome: 'too_large' });
    expect(await read()(requestWith(stalled('eleven byte')))).toEqual({ outcome: 'too_large' });
  });

  it('that does not come to its end is given up', async () => {
    expect(await read({ timeoutMs: 20 })(requestWith(stalled('one')))).toEqual({ outcome: 'too_slow' });
  });

  it('is refused while others fill the room, and taken once one of them is done', async () => {
    const reader = read();
    const first = await reader(requestWith('ten bytes.'));
    expect(await reader(requestWith('ten bytes.'))).toEqual({ outcome: 'busy' });
    if (first.outcome === 'read') first.release();
    expect(await reader(requestWith('ten bytes.'))).toMatchObject({ outcome: 'read' });
  });

  it('that was given up, refused or broken leaves its room to others', async () => {
    const reader = read({ timeoutMs: 20 });
    await reader(requestWith(stalled('ten bytes.')));
    await reader(requestWith(stalled('eleven byte')));
    const broken = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode('nine byte'));
        setTimeout(() => stream.error(new Error('the connection broke')), 5);
      },
    });
    await expect(reader(requestWith(broken))).rejects.toThrow('the connection broke');
    expect(await reader(requestWith('ten bytes.'))).toMatchObject({ outcome: 'read' });
  });
});
