/** Lets at most `limit` calls of `work` run at once; further ones wait, and go on in the order in which they came. */
export function limitAtOnce<Arguments extends unknown[], Result>(
  limit: number,
  work: (...given: Arguments) => Promise<Result>,
): (...given: Arguments) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (...given) => {
    if (running < limit) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work(...given);
    } finally {
      // The place is handed on, not given back: nobody who comes now can take it from the one who waits.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
