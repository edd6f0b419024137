/**
 * Reads standard input as a build's output, through split, mask, limit and send, to an app that takes each batch
 * after a while. Prints one JSON object: lines, bytes, the largest line, how long it took, and the peak memory.
 * Arguments: limit of the log in bytes, milliseconds that the app takes for a batch.
 */
import { createBuildLog } from '../../builder/log/build-log.ts';
import { createLineSender } from '../../publish/protocol/send-lines.ts';
import type { LogBatch } from '../../contracts/log-line.ts';

const [logBytes = '16000000', batchMs = '0'] = process.argv.slice(2);
const seen = { lines: 0, lastSeq: 0, gaps: 0, longestBytes: 0, omission: '', hasSecret: false };

async function post(body: string): Promise<void> {
  for (const { seq, text, stream } of (JSON.parse(body) as LogBatch).lines) {
    seen.lines++;
    if (seq !== seen.lastSeq + 1) seen.gaps++;
    seen.lastSeq = seq;
    seen.longestBytes = Math.max(seen.longestBytes, Buffer.byteLength(text));
    seen.hasSecret ||= text.includes('hunter2hunter2');
    if (stream === 'system') seen.omission = text;
  }
  if (batchMs !== '0') await new Promise((resolve) => setTimeout(resolve, Number(batchMs)));
}

const monotonicMs = () => performance.now();
const sender = createLineSender({
  post,
  monotonicMs,
  onFailure: (error) => process.exit(String(error).length),
});
const secrets = ['hunter2hunter2', 'another secret of some length', 'ghp_0123456789abcdefghijABCDEFGHIJ'];
const log = createBuildLog({ sender, secrets, logBytes: Number(logBytes), now: Date.now });
let inputBytes = 0;
const startedAt = performance.now();
for await (const chunk of process.stdin) {
  inputBytes += (chunk as Buffer).length;
  await log.write('stdout', chunk as Buffer);
}
await log.close();
const elapsedMs = Math.round(performance.now() - startedAt);
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ ...seen, inputBytes, elapsedMs, peakMegabytes })}\n`);
