import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { assetPath, IMPORT_MAP } from './assets.ts';
import { plainLine } from './browser/log/text.ts';
import type { Html } from './html.ts';

/** The state that a page's icon shows in a row of tabs. */
export type IconState = 'plain' | 'ready' | 'busy' | 'failed';

/** Whom the page is for: their login at GitHub, or the administrator. */
export type Viewer =
  | { readonly kind: 'administrator' }
  | { readonly kind: 'github-user'; readonly login: string };

export interface Document {
  /** Without the product's name. */
  readonly title: string;
  readonly icon?: IconState;
  readonly main: Html;
  /** Names of files in browser/ besides what every page runs. */
  readonly scripts?: readonly string[];
  /** Where the page hears that it has changed. */
  readonly live?: string;
  /** By asking, where a script of the page keeps a connection of its own open (see browser/hear.ts). */
  readonly liveBy?: 'events' | 'asking';
  /** Nobody is signed in: there is nothing to go to. */
  readonly isPublic?: boolean;
  /** Who is signed in; not told of a page that is public. */
  readonly viewer?: Viewer | undefined;
  /** The one other origin that a form of this page goes to. */
  readonly formOrigin?: string;
}

const importMapHash = createHash('sha256').update(IMPORT_MAP).digest('base64');
const importMap = raw(`<script type="importmap">${IMPORT_MAP}</script>`);

/** Our own files and nothing else: whatever gets into a page's text can neither run nor load anything. */
export function pageHeaders({ formOrigin }: Pick<Document, 'formOrigin'>) {
  return {
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'self' 'sha256-${importMapHash}'`,
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      `form-action 'self'${formOrigin === undefined ? '' : ` ${formOrigin}`}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    // With no-referrer browsers would send `Origin: null` with our forms, which the origin check refuses.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

/** One page of the dashboard as a document. */
export function renderDocument(document: Document): Html {
  const { title, icon = 'plain', main, scripts = [], live, liveBy = 'events' } = document;
  const { isPublic = false, viewer = { kind: 'administrator' } } = document;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${plainLine(title)} · Offshoot</title>
        <link rel="icon" type="image/svg+xml" href="${assetPath(`icon-${icon}.svg`)}" />
        <link rel="stylesheet" href="${assetPath('style.css')}" />
        ${importMap}
        ${['dashboard.ts', ...scripts].map(
          (name) => html`<script type="module" src="${assetPath(name)}"></script>`,
        )}
      </head>
      <body ${live === undefined ? '' : html`data-live="${live}" data-live-by="${liveBy}"`}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
          <a class="brand" href="/"><span class="leaf" aria-hidden="true"></span>Offshoot</a>
          ${isPublic ? '' : renderMenu(viewer)}
        </header>
        <main id="main" tabindex="-1">${main}</main>
      </body>
    </html>`;
}

function renderMenu(viewer: Viewer): Html {
  const isAdministrator = viewer.kind === 'administrator';
  return html`<nav aria-label="Main">
    <a href="/">Projects</a>
    ${isAdministrator ? html`<a href="/new">New project</a> <a href="/setup">GitHub</a>` : ''}
    <a href="/api">API</a>
    <form method="post" action="/logout">
      <span class="faint">${isAdministrator ? 'Administrator' : html`<bdi>${viewer.login}</bdi>`}</span>
      <button class="link">Sign out</button>
    </form>
  </nav>`;
}
