import { setTimeout as sleep } from 'node:timers/promises';
import { FIRST_WORD_SEQ, LAST_WORD_SEQ } from '../../contracts/log-line.ts';
import { settleWaitingAliases } from '../db/aliases.ts';
import type { Database, Transaction } from '../db/database.ts';
import { type DeploymentRow, lockDeployment, moveDeployment } from '../db/deployments.ts';
import { type AttemptRow, endOpenAttempt } from '../db/open-attempts.ts';
import { type AttemptEnd, decideAttemptEnd, type Interruption } from '../domain/decide-attempt-end.ts';
import type { JobPayload } from '../jobs/queue.ts';
import type { LogHints, LogStore } from '../logs/stores/log-store.ts';
import { giveUpCheckoutToken } from './checkout-token.ts';
import { tellOthers } from './tell-others.ts';
import type { TellWebhooksDependencies } from './tell-webhooks.ts';
import { writeLogWord } from './write-log-word.ts';

export interface EndAttemptDependencies extends TellWebhooksDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly logs: Pick<LogStore, 'append'>;
}

/** How long an attempt's begin or end waits for its word to be durable; after that a job writes it. */
const WORD_TIMEOUT_MS = 2000;

export interface AttemptName {
  readonly id: string;
  readonly deploymentId: string;
}

/**
 * Ends an attempt whose builder gave no answer (or handed it back), and does to its deployment what follows: queued
 * again, failed, or canceled. Hosts, log and scheduling follow with the same transaction. False when the attempt had
 * ended before. `detail` is what a person should know of the cause, one sentence.
 */
export async function interruptAttempt(
  attempt: AttemptName,
  interruption: Interruption,
  detail: string,
  dependencies: EndAttemptDependencies,
): Promise<boolean> {
  const ended = await dependencies.db.transaction((tx) =>
    interruptAttemptWithin(tx, attempt, interruption, detail, dependencies),
  );
  if (ended) dependencies.hints.publish(attempt.deploymentId);
  return ended;
}

/** The same inside a transaction of the caller, who publishes the hint after the commit. */
export async function interruptAttemptWithin(
  tx: Transaction,
  attempt: AttemptName,
  interruption: Interruption,
  detail: string,
  dependencies: Omit<EndAttemptDependencies, 'db'>,
): Promise<boolean> {
  const { jobs, now } = dependencies;
  const at = new Date(now());
  const deployment = await lockDeployment(tx, attempt.deploymentId);
  if (deployment === undefined) return false;
  const { attemptsLeft, cancelRequestedAt, source } = deployment;
  const cancelRequested = cancelRequestedAt !== null;
  const isUpload = source === 'upload';
  const end = decideAttemptEnd(interruption, { attemptsLeft, cancelRequested, isUpload });
  const row = await endOpenAttempt(tx, attempt.id, end.attempt, at);
  if (row === undefined) return false;
  await giveUpCheckoutToken(tx, attempt.id, dependencies);
  // Who asked to cancel it may have said why.
  const cause = end.event === 'cancel' ? (deployment.message ?? detail) : detail;
  await applyEnd(tx, deployment, end, cause, at, dependencies);
  await sayWord(
    tx,
    lastWord(row, `${cause} ${isUpload ? UPLOAD_OUTCOMES[end.event] : OUTCOMES[end.event]}`, at),
    dependencies,
  );
  await jobs.send(tx, 'schedule-builds', {});
  return true;
}

const OUTCOMES: Record<AttemptEnd['event'], string> = {
  requeue: 'The deployment is queued for another attempt.',
  fail: 'No attempt is left: the deployment failed.',
  cancel: 'The deployment was canceled.',
};

const UPLOAD_OUTCOMES = { ...OUTCOMES, fail: 'The deployment failed.' };

async function applyEnd(
  tx: Transaction,
  deployment: DeploymentRow,
  end: AttemptEnd,
  detail: string,
  at: Date,
  dependencies: TellWebhooksDependencies,
): Promise<void> {
  if (end.event === 'requeue') {
    const changes = { attemptsLeft: end.attemptsLeft, message: detail, phases: [] };
    await moveDeployment(tx, deployment.id, 'requeue', at, changes);
    return;
  }
  const reason = end.event === 'fail' ? end.reason : null;
  const ended = await moveDeployment(tx, deployment.id, end.event, at, { reason, message: detail });
  if (ended !== undefined) await tellOthers(tx, ended, dependencies);
  const state = reason === null ? ({ state: 'gone' } as const) : ({ state: 'failed', reason } as const);
  const labels = await settleWaitingAliases(tx, [deployment.id], state, at);
  if (labels.length > 0) await dependencies.jobs.send(tx, 'project-aliases', { labels });
}

/**
 * Writes a word before the transaction commits: who sees that the deployment has ended finds its last word in the
 * log, and who follows a new attempt has read its first word before a builder can write. Only while the log store is
 * away a job writes it later.
 */
export async function sayWord(
  tx: Transaction,
  word: JobPayload<'write-log-word'>,
  dependencies: Pick<EndAttemptDependencies, 'jobs' | 'hints' | 'logs'>,
): Promise<void> {
  const said = writeLogWord(word, dependencies).then(
    () => true,
    () => false,
  );
  const isSaid = await Promise.race([said, sleep(WORD_TIMEOUT_MS, false, { ref: false })]);
  if (!isSaid) await dependencies.jobs.send(tx, 'write-log-word', word);
}

/** What the log says before an attempt's first line: why there is another one. */
export function firstWord(attempt: AttemptRow, text: string, at: Date) {
  return { ...nameOf(attempt), seq: FIRST_WORD_SEQ, at: at.getTime(), text };
}

/** What the log says after an attempt's last line: what became of it. */
function lastWord(attempt: AttemptRow, text: string, at: Date) {
  return { ...nameOf(attempt), seq: LAST_WORD_SEQ, at: at.getTime(), text };
}

function nameOf(attempt: AttemptRow) {
  return { deploymentId: attempt.deploymentId, attempt: attempt.number };
}
