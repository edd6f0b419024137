import type { Database } from '../../db/database.ts';
import { findRound, listReceivedGuids, saveRound } from '../../db/github-rounds.ts';
import { oldestOpenDelivery, planRedelivery } from '../../domain/github/plan-redelivery.ts';
import {
  firstRound,
  listFrom,
  nextRound,
  type RoundState,
  withoutCursor,
} from '../../domain/github/plan-round.ts';
import { type GithubResult, isPassing } from '../../domain/github-failure.ts';
import type { GithubClients } from '../../github/client/app-octokit.ts';
import type { WriteOptions } from '../../github/client/call-github.ts';
import {
  askForRedelivery,
  type HookDelivery,
  listHookDeliveries,
} from '../../github/client/hook-deliveries.ts';
import { type PaceDependencies, paceWrite } from '../../github/client/pace-writes.ts';
import type { GithubConnection } from '../github-connection.ts';

export interface RedeliverWebhooksDependencies {
  readonly db: Database;
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
  readonly now: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

/** In the place of an installation: what signs in as the App itself has limits, and so a pace, of its own. */
const PACE_OF_APP = 0;

/** A round of one App, and what its writes wait by. */
interface Round extends RedeliverWebhooksDependencies, Pick<WriteOptions, 'pauseBetweenWrites'> {
  readonly appId: number;
  readonly clients: Pick<GithubClients, 'app'>;
  readonly signal: AbortSignal;
}

/**
 * Asks GitHub again for the webhooks that it could not deliver: it does not do so by itself. Whatever ends a round early
 * (GitHub is away, it asks for silence, we stop), the next one lists the same again. One round at a time, in whatever
 * process: the others find the turn taken.
 */
export async function redeliverWebhooks(
  dependencies: RedeliverWebhooksDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { github, githubPace, log } = dependencies;
  const connection = await github.read();
  if (connection.state !== 'ready') return;
  const { app, clients } = connection;
  const round = { ...dependencies, appId: app.appId, clients, signal };
  const paced = await paceWrite(PACE_OF_APP, (pace) => run({ ...round, ...pace }), githubPace);
  if (paced.outcome === 'wait' || paced.result.ok) return;
  log.warn(
    { reason: paced.result.failure.message },
    'GitHub was not asked for all webhooks that it could not deliver; the next round goes on',
  );
}

async function run(round: Round): Promise<GithubResult<null>> {
  const { db, appId, clients, now } = round;
  const began = new Date(now());
  const state = (await findRound(db, appId)) ?? firstRound(began);
  const listed = await listHookDeliveries(clients, listFrom(state, began), { now, from: state.cursor });
  if (!listed.ok) return listed.failure.kind === 'refused' ? forgetCursor(state, listed, round) : listed;
  const { deliveries, next } = listed.value;
  const received = await listReceivedGuids(
    db,
    deliveries.map(({ guid }) => guid),
  );
  const asked = await askFor(planRedelivery(deliveries, received, began), round);
  if (!asked.ok || round.signal.aborted) return asked;
  const oldestOpen = oldestOpenDelivery(deliveries, received, began);
  await saveRound(db, appId, nextRound(state, { began, oldestOpen, next }));
  return asked;
}

/** A place in a list of some days ago may be gone: the list itself is not. */
async function forgetCursor(
  state: RoundState,
  refused: GithubResult<never>,
  { db, appId }: Round,
): Promise<GithubResult<never>> {
  if (state.cursor !== null) await saveRound(db, appId, withoutCursor(state));
  return refused;
}

async function askFor(planned: readonly HookDelivery[], round: Round): Promise<GithubResult<null>> {
  const { clients, now, signal, pauseBetweenWrites, log } = round;
  for (const [index, { id }] of planned.entries()) {
    if (index > 0) await pauseBetweenWrites();
    if (signal.aborted) break;
    const asked = await askForRedelivery(clients, id, { now });
    // One that GitHub refuses for good must not keep the others from coming.
    if (!asked.ok && (isPassing(asked.failure) || asked.failure.kind === 'unauthorized')) return asked;
  }
  if (planned.length > 0)
    log.warn({ webhooks: planned.length }, 'GitHub was asked again for webhooks that it could not deliver');
  return { ok: true, value: null };
}
