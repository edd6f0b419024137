import { randomBytes } from 'node:crypto';
import { type BuilderConfig, readConfig } from './config.ts';
import { createAppClient } from '../publish/protocol/app-client.ts';
import { createLifeline } from '../publish/protocol/lifeline.ts';
import { runAttempt } from './run-attempt.ts';

/** From SIGTERM to the end, whatever hangs. */
const RELEASE_TIMEOUT_MS = 20_000;
const NONCE_BYTES = 24;

/** Runs one build and exits: 0 when the app knows its end, 1 when it doesn't. */
async function main(config: BuilderConfig): Promise<number> {
  const { appUrl, token, ...place } = config;
  const lifeline = createLifeline();
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  const shared = { lifeline, monotonicMs: () => performance.now(), random: Math.random };
  const client = createAppClient({ ...shared, appUrl, token, nonce });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      lifeline.stop('released');
      setTimeout(() => process.exit(1), RELEASE_TIMEOUT_MS).unref();
    });
  }
  const builderId = randomBytes(8).toString('hex');
  const running = runAttempt({
    ...shared,
    client,
    now: Date.now,
    warn: (text) => console.error(text),
    async openTools(spec) {
      const { connectTools } = await importing;
      return await connectTools({ ...place, environment: process.env, now: Date.now, builderId }, spec);
    },
  });
  // Loaded while the app looks the attempt up.
  const importing = import('./connect-tools.ts');
  return (await running) ? 0 : 1;
}

try {
  // process.exit: connections that are kept open must not keep the builder.
  process.exit(await main(readConfig(process.env, process.getuid?.() === 0)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
