import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limitAtOnce } from './limit-at-once.ts';

test('never more run at once than allowed, all get their turn in order, also after failures', async () => {
  const started: number[] = [];
  let [running, most] = [0, 0];
  const work = limitAtOnce(3, async (number: number) => {
    started.push(number);
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    if (number % 2 === 0) throw new Error('even');
    return number;
  });
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const results = await Promise.allSettled(numbers.map((number) => work(number)));
  expect(most).toBe(3);
  expect(started).toEqual(numbers);
  expect(results.map(({ status }) => status)).toEqual(
    numbers.map((number) => (number % 2 === 0 ? 'rejected' : 'fulfilled')),
  );
  expect(await work(1)).toBe(1);
});
