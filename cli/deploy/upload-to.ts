import type { z } from 'zod';
import { formatBytes } from '../../publish/format.ts';
import type { PublishProgress } from '../../publish/progress.ts';
import { uploadFolder, type UploadOutcome } from '../../publish/upload-folder.ts';
import { CliError, Interrupted } from '../cli-error.ts';
import type { Session } from '../commands/command.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { plainText } from '../output/terminal-text.ts';
import { type begunUploadSchema, deploymentSchema, isOver } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import type { DeployOptions } from './deploy-options.ts';

const BAR_COLUMNS = 24;

/**
 * Sends a folder's files to an upload that has begun, with a bar while it goes on. True when all are there; false when
 * the deployment has ended otherwise, which its own record tells best. Ctrl-C cancels it.
 */
export async function uploadTo(
  { system, printer }: Session,
  client: ApiClient,
  { deployment, upload }: z.output<typeof begunUploadSchema>,
  folder: string,
  { isQuiet }: DeployOptions,
): Promise<boolean> {
  const { now, monotonicMs, random, stop } = system;
  const outcome = await uploadFolder({
    appUrl: client.url.href,
    token: upload.token,
    nonce: system.randomSecret(),
    folder,
    onProgress: (progress) => printer.show(() => formatProgress(progress)),
    say: (text) => void (isQuiet || printer.say(printer.paintWords('dim', `  ${plainText(text)}`))),
    signal: stop,
    now,
    monotonicMs,
    random,
  });
  printer.show(undefined);
  if (stop.aborted) await sayCanceled(outcome, deployment.project.slug, printer.say);
  stop.throwIfAborted();
  if (outcome.result === 'broken') await checkEnd(client, deployment.id, outcome.message);
  return outcome.result === 'published';
}

async function sayCanceled(
  { result }: UploadOutcome,
  slug: string,
  say: (line: string) => Promise<void>,
): Promise<void> {
  if (result === 'published') await say('It was too late to cancel: everything was uploaded.');
  else await say(`The upload is canceled; ${slug} stays as it was.`);
}

/** Nothing is known of its end from here; what the server knows is told, if it can be asked. */
async function checkEnd(client: ApiClient, id: string, message: string): Promise<void> {
  const known = await client.get(`/api/deployments/${id}`, deploymentSchema).catch((error: unknown) => {
    if (error instanceof Interrupted) throw error;
    return undefined;
  });
  if (known !== undefined && isOver(known.status)) return;
  const exitCode = known === undefined ? EXIT_CODES.unreachable : EXIT_CODES.failed;
  throw new CliError('upload_broken', `The upload broke off: ${message}`, exitCode);
}

/** `Uploading ██████░░░░ 12 of 40 (1.2 of 3.4 MB)`. */
export function formatProgress({ step, done, total, doneBytes, totalBytes }: PublishProgress): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, Math.max(0, doneBytes / totalBytes));
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
  const word = step === 'hashing' ? 'Reading' : 'Uploading';
  return `${word} ${bar} ${done} of ${total} files, ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}
