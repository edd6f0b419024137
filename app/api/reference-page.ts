import { html } from 'hono/html';
import type { OpenApiDocument } from './openapi.ts';
export const PAGE_HEADERS = {};
export function renderReference(document: OpenApiDocument) {
  return html`<p>${document.info.title}</p>`;
}
