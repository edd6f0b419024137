import { expect, it } from 'vitest';
import { createNews } from './news.ts';

const LONG_MS = 60_000;
const never = new AbortController().signal;

it('ends a wait at once, and the next one for what was told before it began', async () => {
  const news = createNews();
  const waiting = news.wait(LONG_MS, never);
  news.tell();
  await waiting;
  news.tell();
  news.tell();
  await news.wait(LONG_MS, never);
  const third = news.wait(1, never).then(() => 'in time');
  expect(await third).toBe('in time');
});

it('is over when its time or its signal is', async () => {
  const news = createNews();
  const abort = new AbortController();
  const waiting = news.wait(LONG_MS, abort.signal);
  abort.abort();
  await waiting;
  const begun = performance.now();
  await news.wait(30, never);
  expect(performance.now() - begun).toBeGreaterThan(25);
});
