import type { Database } from '../db/database.ts';
import type { LogHints, LogStore } from '../logs/stores/log-store.ts';
import type { LoginDependencies } from './login.ts';
import type { PageDependencies } from './page.ts';

export interface DashboardOptions extends LoginDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish' | 'subscribe'>;
  readonly logs: Pick<LogStore, 'readTail'>;
}

/** What pages and their forms need. */
export type DashboardDependencies = DashboardOptions & PageDependencies;
