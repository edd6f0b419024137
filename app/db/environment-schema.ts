import { pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import type { Environment } from '../domain/words.ts';
import { projects } from './schema.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * A variable that a project's builds get. `branch` narrows it to previews of one branch; the narrowest one wins
 * (branch, then environment, then both environments).
 */
export const environmentVariables = pgTable(
  'environment_variables',
  {
    id: text('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Null for both. */
    environment: text('environment').$type<Environment>(),
    /** Only with `preview`: null for all branches. */
    branch: text('branch'),
    /** Sealed; never shown again. */
    value: text('value').notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    unique('environment_variables_place')
      .on(table.projectId, table.name, table.environment, table.branch)
      .nullsNotDistinct(),
  ],
);
