import { Pool, type PoolClient, type PoolConfig } from 'pg';

type OnConnected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/**
 * pg's pool, made safe against connections that are lost while they are lent out (PostgreSQL is killed, a network
 * breaks). Their errors crash nothing: whoever uses the connection gets them from its query. And the connection
 * leaves the pool by itself, since drizzle never gives one back whose `begin` has failed.
 *
 * (postgres.js was used before: a connection that ends inside a transaction crashes the process from a timer, or
 * is lost to the pool for ever.)
 */
export class ConnectionPool extends Pool {
  constructor(config: PoolConfig) {
    super(config);
    const ignore = () => {};
    this.on('error', ignore);
    this.on('connect', (client) => client.on('error', ignore));
  }

  override connect(): Promise<PoolClient>;
  override connect(onConnected: OnConnected): void;
  override connect(onConnected?: OnConnected): Promise<PoolClient> | void {
    // The pool's own queries give back by themselves, always.
    if (onConnected !== undefined) return super.connect(onConnected);
    return super.connect().then(returnWhenLost);
  }
}

/** Giving back twice is harmless from here on. */
function returnWhenLost(client: PoolClient): PoolClient {
  const release = client.release.bind(client);
  let isBack = false;
  const giveBack = (error?: Error | boolean) => {
    if (isBack) return;
    isBack = true;
    client.removeListener('end', onEnd);
    release(error);
  };
  const onEnd = () => giveBack(true);
  client.once('end', onEnd);
  client.release = giveBack;
  return client;
}
