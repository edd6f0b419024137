import type { html } from 'hono/html';

/** A piece of a page. Everything in a template that is not such a piece is escaped. */
export type Html = ReturnType<typeof html>;
