import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CommandOrder } from './command.ts';

/** When everything is dead, silence for this long means that a process which escaped holds the pipe. */
const SILENCE_MS = 2_000;

export interface OutputPump {
  /** Waits until both pipes are read to their end, or are silent although nobody should hold them. */
  finish(): Promise<void>;
}

/** Hands a process's output on, chunk by chunk, waiting for the reader each time. */
export function pumpOutput(child: ChildProcess, onOutput: CommandOrder['onOutput']): OutputPump {
  const pumps = [
    pump(child.stdout, (chunk) => onOutput('stdout', chunk)),
    pump(child.stderr, (chunk) => onOutput('stderr', chunk)),
  ];
  return {
    finish: async () => {
      await Promise.all(pumps.map((each) => each.finish()));
    },
  };
}

function pump(pipe: Readable | null, take: (chunk: Buffer) => void | Promise<void>): OutputPump {
  let isTaking = false;
  let lastAtMs = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of pipe ?? []) {
      isTaking = true;
      await take(chunk as Buffer);
      isTaking = false;
      lastAtMs = performance.now();
    }
  };
  const done = read().catch((error: unknown) => {
    if (pipe?.destroyed !== true || isTaking) throw error;
  });
  // A reader that throws is told of at finish(), not as an unhandled rejection.
  done.catch(() => undefined);
  return {
    finish: async () => {
      lastAtMs = performance.now();
      const timer = setInterval(() => {
        if (!isTaking && performance.now() - lastAtMs > SILENCE_MS) pipe?.destroy();
      }, SILENCE_MS / 10);
      await done.finally(() => clearInterval(timer));
    },
  };
}
