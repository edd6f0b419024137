/**
 * Runs `work` again, once, when it was asked for while it ran: what it read may be older than that request. Resolves
 * when all that was asked for is done.
 */
export function onceAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async (): Promise<void> => {
    try {
      while (isWanted) {
        isWanted = false;
        await work();
      }
    } finally {
      // Not in a `then`: a request between this end and that would be taken for one that is being worked on.
      running = undefined;
    }
  };
  return () => {
    isWanted = true;
    running ??= run();
    return running;
  };
}
