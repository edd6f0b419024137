import { expect, it } from 'vitest';
import { onceAtATime } from './once-at-a-time.ts';

it('runs once more, and only once, for all that is asked while it runs', async () => {
  const gates: (() => void)[] = [];
  const work = onceAtATime(() => new Promise((resolve) => void gates.push(resolve)));
  const all = [work(), work(), work()];
  expect(gates).toHaveLength(1);
  gates[0]?.();
  await expect.poll(() => gates.length).toBe(2);
  gates[1]?.();
  await Promise.all(all);
  expect(gates).toHaveLength(2);
});

it('loses no request that comes at the very moment of the end', async () => {
  let runs = 0;
  const work = onceAtATime(async () => void (runs += 1));
  for (let asked = 1; asked <= 50; asked += 1) {
    const first = work();
    // As many turns later as it takes for the end to fall between them.
    for (let turn = 0; turn < asked % 5; turn += 1) await Promise.resolve();
    const before = runs;
    await Promise.all([first, work()]);
    expect(runs).toBeGreaterThan(before);
  }
});

it('goes on after a failure', async () => {
  let runs = 0;
  const work = onceAtATime(async () => {
    runs += 1;
    if (runs === 1) throw new Error('once');
  });
  await expect(work()).rejects.toThrow('once');
  await work();
  expect(runs).toBe(2);
});
