import type postgres from 'postgres';

/** What runs on one connection: drizzle's transactions and our own statements use nothing else of postgres.js. */
export type Connection = Pick<postgres.Sql, 'unsafe'>;

/** A transaction, or whatever else holds a connection, hears nothing for so long: the connection is given up. */
const HOLD_TIMEOUT_MS = 90_000;

interface Exclusive {
  readonly sql: postgres.Sql;
  /** Why it can't be used any more. */
  lost: Error | undefined;
  onLost: (error: Error) => void;
}

/**
 * Connections that are lent out whole, for transactions and session locks. postgres.js has `begin` and `reserve`
 * for that, but a connection that ends meanwhile (PostgreSQL is killed, a network breaks) crashes the process from a
 * timer there, or is lost to the pool for ever (3.4.9). So each of these is a client of one connection: when that
 * ends, its borrower is told at once, nothing is sent on it again (postgres.js would quietly reconnect, outside of
 * the transaction), and the next borrower gets a new one. connection-pool.test.ts cuts connections everywhere.
 */
export class ExclusiveConnections {
  readonly #open: (onClose: () => void) => postgres.Sql;
  readonly #max: number;
  readonly #idle: Exclusive[] = [];
  readonly #waiting: (() => void)[] = [];
  #lent = 0;
  #isClosed = false;

  /** `open` makes a client of at most one connection that calls `onClose` when that ends. */
  constructor(open: (onClose: () => void) => postgres.Sql, max: number) {
    this.#open = open;
    this.#max = max;
  }

  /** Runs `work` on a connection of its own. Rejects at once when the connection ends meanwhile. */
  async lend<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const exclusive = await this.#borrow();
    const ended = Promise.withResolvers<never>();
    exclusive.onLost = ended.reject;
    const timer = setTimeout(() => lose(exclusive, held()), HOLD_TIMEOUT_MS);
    try {
      return await Promise.race([work(guard(exclusive)), ended.promise]);
    } finally {
      clearTimeout(timer);
      this.#giveBack(exclusive);
    }
  }

  /** The same in a transaction, which is committed when `work` resolves and rolled back when it rejects. */
  async begin<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.lend(async (connection) => {
      await connection.unsafe('begin');
      try {
        const result = await work(connection);
        await connection.unsafe('commit');
        return result;
      } catch (error) {
        await rollBack(connection);
        throw error;
      }
    });
  }

  /** Waits at most so long for what is lent out. */
  async end(timeoutSeconds: number): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#idle.splice(0).map(({ sql }) => sql.end({ timeout: timeoutSeconds })));
  }

  async #borrow(): Promise<Exclusive> {
    while (!this.#isClosed && this.#lent >= this.#max) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isClosed) throw connectionError('the connections to the database are being closed');
    this.#lent += 1;
    return this.#idle.pop() ?? this.#connect();
  }

  #connect(): Exclusive {
    const onClose = () => lose(exclusive, connectionError('the connection to the database ended'));
    const exclusive: Exclusive = { sql: this.#open(onClose), lost: undefined, onLost: () => {} };
    return exclusive;
  }

  #giveBack(exclusive: Exclusive): void {
    this.#lent -= 1;
    this.#idle.push(exclusive);
    exclusive.onLost = () => this.#drop(exclusive);
    if (exclusive.lost !== undefined || this.#isClosed) this.#drop(exclusive);
    this.#waiting.shift()?.();
  }

  #drop(exclusive: Exclusive): void {
    this.#idle.splice(this.#idle.indexOf(exclusive), 1);
    exclusive.onLost = () => {};
    void exclusive.sql.end({ timeout: 0 }).catch(() => {});
  }
}

async function rollBack(connection: Connection): Promise<void> {
  try {
    await connection.unsafe('rollback');
  } catch {
    // The server does it when a connection ends.
  }
}

function lose(exclusive: Exclusive, error: Error): void {
  exclusive.lost ??= error;
  exclusive.onLost(error);
}

/** Once the connection is lost every statement is refused, or postgres.js would connect anew for it. */
function guard(exclusive: Exclusive): Connection {
  const unsafe = ((...statement: Parameters<postgres.Sql['unsafe']>) =>
    exclusive.lost === undefined
      ? exclusive.sql.unsafe(...statement)
      : refuse(exclusive.lost)) as Connection['unsafe'];
  return { unsafe };
}

/** drizzle asks a statement for its `values()`. */
function refuse(reason: Error) {
  const refused = Promise.reject(reason);
  return Object.assign(refused, { values: () => refused });
}

function held(): Error {
  return connectionError(`the database did not answer within ${HOLD_TIMEOUT_MS / 1000} s`);
}

function connectionError(message: string): Error {
  return Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });
}
