import { describe, expect, it } from 'vitest';
import { createPulses, type Pulse } from './pulses.ts';

const NEVER_MS = 100_000;
const NO_SIGNAL = new AbortController().signal;

/** Hints that the test gives. */
function createHints() {
  const subscribers = new Set<() => void>();
  return {
    subscribers,
    hint: () => subscribers.forEach((onHint) => onHint()),
    subscribe: (_: string, onHint: () => void) => {
      subscribers.add(onHint);
      return () => void subscribers.delete(onHint);
    },
  };
}

function follow(pollMs = NEVER_MS) {
  const hints = createHints();
  const pulses = createPulses(hints, pollMs);
  return { hints, pulses, pulse: pulses.follow('a') };
}

/** A read that ends when the test says so. */
function createRead() {
  const ends: ((value: string) => void)[] = [];
  return { ends, read: () => new Promise<string>((resolve) => ends.push(resolve)) };
}

describe('a pulse', () => {
  it('wakes everyone who waits at a hint', async () => {
    const { hints, pulses, pulse } = follow();
    const other = pulses.follow('a');
    const waiting = [pulse, other].map((each: Pulse) => each.next(each.beat(), NO_SIGNAL));
    hints.hint();
    await Promise.all(waiting);
    expect(pulse.beat()).toBe(1);
    expect(hints.subscribers.size).toBe(1);
  });

  it('does not wait when a hint came since it was looked at', async () => {
    const { hints, pulse } = follow();
    const seen = pulse.beat();
    hints.hint();
    await pulse.next(seen, NO_SIGNAL);
    expect(pulse.beat()).toBeGreaterThan(seen);
  });

  it('beats without hints too', async () => {
    const { pulse } = follow(5);
    await pulse.next(0, NO_SIGNAL);
    await pulse.next(1, NO_SIGNAL);
    expect(pulse.beat()).toBe(2);
    pulse.leave();
  });

  it('wakes at an abort', async () => {
    const { pulse } = follow();
    const abort = new AbortController();
    const waiting = pulse.next(pulse.beat(), abort.signal);
    abort.abort();
    await waiting;
    expect(pulse.beat()).toBe(0);
  });

  it('reads once for all who ask for the same in the same beat', async () => {
    const { pulses, pulse } = follow();
    const { ends, read } = createRead();
    const reading = [pulse.share('k', read), pulses.follow('a').share('k', read)];
    expect(ends).toHaveLength(1);
    ends[0]?.('value');
    expect(await Promise.all(reading)).toEqual(['value', 'value']);
  });

  it('never hands out a read that began before the hint', async () => {
    const { hints, pulse } = follow();
    const { ends, read } = createRead();
    const old = pulse.share('k', read);
    hints.hint();
    const fresh = pulse.share('k', read);
    expect(ends).toHaveLength(2);
    ends[0]?.('old');
    expect(await old).toBe('old');
    const joined = pulse.share('k', read);
    ends[1]?.('fresh');
    expect(await Promise.all([fresh, joined])).toEqual(['fresh', 'fresh']);
    expect(ends).toHaveLength(2);
  });

  it('keeps no result: who asks later reads again', async () => {
    const { pulse } = follow();
    const { ends, read } = createRead();
    for (const value of ['one', 'two']) {
      const reading = pulse.share('k', read);
      ends.at(-1)?.(value);
      expect(await reading).toBe(value);
    }
  });

  it('stops listening when the last follower has left', () => {
    const { hints, pulses, pulse } = follow();
    const other = pulses.follow('a');
    pulse.leave();
    expect([hints.subscribers.size, pulses.followers()]).toEqual([1, 1]);
    other.leave();
    expect([hints.subscribers.size, pulses.followers()]).toEqual([0, 0]);
  });
});
