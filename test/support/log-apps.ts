import { createTestClickHouse } from './clickhouse.ts';
import { type LogApp, startLogApp } from './log-app.ts';
import { createTestDatabase } from './postgres.ts';

const OTHER_POLL_MS = 60_000;

export interface LogApps {
  /** Two app processes' worth of log endpoints, which know each other through their servers alone. */
  readonly app: LogApp;
  readonly other: LogApp;
  readonly close: () => Promise<void>;
}

/** Two log apps on fresh databases of this run's servers; the other one hears of a line by a hint, or late. */
export async function startLogApps(): Promise<LogApps> {
  const [postgres, clickHouse] = await Promise.all([createTestDatabase(), createTestClickHouse()]);
  const servers = { databaseUrl: postgres.url, clickHouseUrl: clickHouse.url };
  const [app, other] = await Promise.all([
    startLogApp(servers),
    startLogApp(servers, undefined, OTHER_POLL_MS),
  ]);
  return {
    app,
    other,
    close: async () => {
      await Promise.all([app.close(), other.close()]);
      await Promise.all([postgres.drop(), clickHouse.drop()]);
    },
  };
}

/** The numbers 1, 2, … of lines; or of those after `from`. */
export function upTo(count: number, from = 1): number[] {
  return Array.from({ length: count - from + 1 }, (_, index) => from + index);
}
