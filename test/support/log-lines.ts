import type { LogLine } from '../../contracts/log-line.ts';

let ids = 0;
/** A deployment id that no other test of this process uses. */
export function nextDeploymentId(): string {
  ids += 1;
  return `${process.pid}x${ids}`.padStart(20, 'd').slice(-20);
}

export function makeLines(from: number, to: number, text = (seq: number) => `line ${seq}`): LogLine[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const seq = from + index;
    return { seq, at: 1_760_000_000_000 + seq, phase: 'build', stream: 'stdout', text: text(seq) };
  });
}
