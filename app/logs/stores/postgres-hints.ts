import postgres from 'postgres';
import type { LogHints } from './log-store.ts';

const CHANNEL = 'offshoot_logs';
/** Hints about one deployment from this process: at most 20 a second, the last one never left out. */
const MIN_INTERVAL_MS = 50;
const CONNECT_TIMEOUT_SECONDS = 10;
const CLOSE_TIMEOUT_SECONDS = 2;

export interface PostgresHints extends LogHints {
  close(): Promise<void>;
}

export interface PostgresHintsOptions {
  /** DATABASE_URL; it must reach Postgres itself, or a pooler in session mode (LISTEN belongs to a session). */
  readonly url: string;
  /** Told when a hint could not be sent: readers then wait for their next poll. */
  readonly onError: (error: unknown) => void;
}

/**
 * Hints over LISTEN/NOTIFY, so that a tail on any app process hears of lines that another one took in. Two
 * connections. Resolves when it listens; after a lost connection it listens again by itself and wakes all
 * subscribers, since hints were lost meanwhile.
 */
export async function openPostgresHints(options: PostgresHintsOptions): Promise<PostgresHints> {
  const sql = postgres(options.url, {
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: { application_name: 'offshoot-log-hints' },
  });
  const subscribers = new Map<string, Set<() => void>>();
  const wake = (deploymentId: string) => subscribers.get(deploymentId)?.forEach((onHint) => onHint());
  const wakeAll = () => [...subscribers.keys()].forEach(wake);
  await sql.listen(CHANNEL, wake, wakeAll);
  return {
    publish: coalesce((deploymentId) => sql.notify(CHANNEL, deploymentId), options.onError),
    subscribe: (deploymentId, onHint) => addSubscriber(subscribers, deploymentId, onHint),
    close: () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
}

function addSubscriber(
  subscribers: Map<string, Set<() => void>>,
  deploymentId: string,
  onHint: () => void,
): () => void {
  const own = subscribers.get(deploymentId) ?? new Set();
  subscribers.set(deploymentId, own.add(onHint));
  return () => {
    own.delete(onHint);
    if (own.size === 0 && subscribers.get(deploymentId) === own) subscribers.delete(deploymentId);
  };
}

/**
 * Sends the first hint of a deployment at once; those that come within the interval, or while it is being sent,
 * become one.
 */
function coalesce(
  send: (deploymentId: string) => Promise<unknown>,
  onError: (error: unknown) => void,
): (deploymentId: string) => void {
  const isDirty = new Map<string, boolean>();

  async function sendWhileDirty(deploymentId: string): Promise<void> {
    do {
      isDirty.set(deploymentId, false);
      await send(deploymentId).catch(onError);
      await pause(MIN_INTERVAL_MS);
    } while (isDirty.get(deploymentId) === true);
    isDirty.delete(deploymentId);
  }

  return (deploymentId) => {
    if (isDirty.has(deploymentId)) isDirty.set(deploymentId, true);
    else void sendWhileDirty(deploymentId);
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
