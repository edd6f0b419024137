import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate --name <what-changes>` writes the next migration; a person reviews its SQL. */
export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './app/db/schema.ts',
    './app/db/github-schema.ts',
    './app/db/environment-schema.ts',
    './app/db/sign-in-schema.ts',
  ],
  out: './migrations/postgres',
});
