import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../contracts/log-line.ts';

const PROGRAM = fileURLToPath(new URL('../../test/support/pipe-log.ts', import.meta.url));
/** Measured: 140 to 360 MB, most of it garbage that V8 has not collected yet. */
const MAX_MEGABYTES = 600;
const TIMEOUT_MS = 180_000;

interface Summary {
  lines: number;
  gaps: number;
  longestBytes: number;
  omission: string;
  hasSecret: boolean;
  inputBytes: number;
  elapsedMs: number;
  peakMegabytes: number;
}

/** Pipes real bytes through the log in a process of its own. */
async function pipe(source: string, ...options: string[]): Promise<Summary> {
  const line = `${source} | exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', line, process.execPath, PROGRAM, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as Summary;
}

describe('a flood of output', () => {
  it('of 1 GB keeps its head and tail in bounded memory', { timeout: TIMEOUT_MS }, async () => {
    const line = `hunter2hunter2 ${'x'.repeat(100)}`;
    const summary = await pipe(`yes "${line}" | head -c 1000000000`, '4000000');
    expect(summary).toMatchObject({ inputBytes: 1e9, gaps: 0, hasSecret: false });
    expect(summary.omission).toMatch(/^8,\d{3},\d{3} lines .* were left out here/);
    expect(summary.lines).toBeGreaterThan(20_000);
    expect(summary.peakMegabytes).toBeLessThan(MAX_MEGABYTES);
  });

  it('of one line of 100 MB is told in pieces', { timeout: TIMEOUT_MS }, async () => {
    const summary = await pipe(String.raw`head -c 100000000 /dev/zero | tr '\0' x`, '200000000');
    expect(summary).toMatchObject({ lines: Math.ceil(1e8 / MAX_LINE_BYTES), longestBytes: MAX_LINE_BYTES });
    expect(summary.peakMegabytes).toBeLessThan(MAX_MEGABYTES);
  });

  it('waits for an app that is slower than the command', { timeout: TIMEOUT_MS }, async () => {
    const summary = await pipe(`yes "${'x'.repeat(99)}" | head -c 50000000`, '500000000', '20');
    expect(summary).toMatchObject({ lines: 500_000, gaps: 0, omission: '' });
    // 5,000 lines a batch and 20 ms for each: faster is impossible, so the command was held back.
    expect(summary.elapsedMs).toBeGreaterThan((500_000 / 5000) * 20);
    expect(summary.peakMegabytes).toBeLessThan(MAX_MEGABYTES);
  });
});
