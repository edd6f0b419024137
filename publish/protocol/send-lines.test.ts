import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../../contracts/log-line.ts';
import {
  BATCH_BYTES,
  BATCH_LINES,
  createLineSender,
  SPOOL_BYTES,
  type UnnumberedLine,
} from './send-lines.ts';

const LINE: UnnumberedLine = { at: 1, phase: 'build', stream: 'stdout', text: 'hello' };

/** An app whose answers wait until the test lets them go. */
function createApp() {
  const batches: LogLine[][] = [];
  const sizes: number[] = [];
  let gate = Promise.resolve();
  let open = () => {};
  let inFlight = 0;
  const post = async (body: string): Promise<void> => {
    expect(++inFlight).toBe(1);
    sizes.push(Buffer.byteLength(body));
    batches.push((JSON.parse(body) as { lines: LogLine[] }).lines);
    await gate;
    inFlight--;
  };
  const hold = () => void (gate = new Promise((resolve) => (open = resolve)));
  return { batches, sizes, post, hold, open: () => open() };
}

function createSender(post: (body: string) => Promise<void>, onFailure = vi.fn<(error: unknown) => void>()) {
  return createLineSender({ post, monotonicMs: () => performance.now(), onFailure });
}

describe('sending lines', () => {
  it('numbers them from 1 without gaps, in order, one batch in flight', async () => {
    const app = createApp();
    const sender = createSender(app.post);
    for (let index = 0; index < 12_345; index++) {
      sender.push({ ...LINE, text: `${index}` });
      if (index % 1000 === 0) await new Promise(setImmediate);
    }
    await sender.flush();
    const lines = app.batches.flat();
    expect(lines.map((line) => line.seq)).toEqual(Array.from({ length: 12_345 }, (_, index) => index + 1));
    expect(lines.map((line) => line.text)).toEqual(lines.map((_, index) => `${index}`));
    expect(sender.lastSeq()).toBe(12_345);
  });

  describe('on a clock that stands still unless the test moves it', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
    afterEach(() => void vi.useRealTimers());

    it('sends the first line of a burst after 25 ms', async () => {
      const app = createApp();
      createSender(app.post).push(LINE);
      await vi.advanceTimersByTimeAsync(24);
      expect(app.batches).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(1);
      expect(app.batches).toHaveLength(1);
    });

    it('sends each line of a slow command as promptly as the first, and fast ones in larger batches', async () => {
      const app = createApp();
      const sender = createSender(app.post);
      for (let index = 0; index < 5; index++) {
        sender.push(LINE);
        await vi.advanceTimersByTimeAsync(25);
        expect(app.batches).toHaveLength(index + 1);
      }
      for (let index = 0; index < 200; index++) {
        for (let line = 0; line < 100; line++) sender.push(LINE);
        await vi.advanceTimersByTimeAsync(5);
      }
      await sender.flush();
      // A second's output: 40 batches if each waited as long as the first.
      expect(app.batches.length).toBeLessThan(20);
      expect(app.batches.flat()).toHaveLength(20_005);
    });
  });

  it('bounds a batch by lines and by bytes', async () => {
    const app = createApp();
    app.hold();
    const sender = createSender(app.post);
    for (let index = 0; index < 3 * BATCH_LINES; index++) sender.push(LINE);
    for (let index = 0; index < 30; index++) sender.push({ ...LINE, text: '\u001b'.repeat(60_000) });
    app.open();
    await sender.flush();
    expect(Math.max(...app.batches.map((batch) => batch.length))).toBe(BATCH_LINES);
    expect(Math.max(...app.sizes)).toBeLessThan(BATCH_BYTES + 10_000);
  });

  it('holds commands back while the spool is full, and lets them go on when it is half empty', async () => {
    const app = createApp();
    app.hold();
    const sender = createSender(app.post);
    let pushedBytes = 0;
    let room: Promise<void> | undefined;
    while (room === undefined) {
      sender.push({ ...LINE, text: 'x'.repeat(60_000) });
      pushedBytes += 60_000;
      room = sender.room();
    }
    expect(pushedBytes).toBeGreaterThan(SPOOL_BYTES * 0.9);
    expect(pushedBytes).toBeLessThan(SPOOL_BYTES * 1.2);
    app.open();
    await room;
    await sender.flush();
    expect(sender.room()).toBeUndefined();
  });

  it('frees everyone who waits when sending has failed for good', async () => {
    const onFailure = vi.fn<(error: unknown) => void>();
    const sender = createSender(async () => {
      await Promise.resolve();
      throw new Error('410');
    }, onFailure);
    for (let index = 0; index < 500; index++) sender.push({ ...LINE, text: 'x'.repeat(60_000) });
    await Promise.all([sender.room(), sender.flush()]);
    sender.push(LINE);
    await sender.flush();
    expect(onFailure).toHaveBeenCalledOnce();
  });
});
