import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Target } from '../contracts/alias.ts';
import { NO_STORE } from './cache-policy.ts';

export interface Page {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** How often a page looks whether its host has something else to show: soon, or some time. */
const SOON_MS = 1000;
const SOME_TIME_MS = 5000;
/** Without scripts, and for programs: in seconds. */
const SOON_RETRY_SECONDS = 2;
const SOME_TIME_RETRY_SECONDS = 15;
/** What kind of page an answer is, for the script of another one; a site's own answers have none. */
const PAGE_HEADER = 'offshoot-page';

type NotLive = Exclude<Target, { state: 'live' }>;

/**
 * The page of a host that has nothing to serve (yet).
 *
 * Waiting and blocked are 503 with Retry-After, not 200: people see the same page, while crawlers, uptime checks,
 * caches and `curl --fail` do not take it for the site. A failed first build is 404: waiting won't help.
 */
export function statePage(target: NotLive, host: string): Page {
  switch (target.state) {
    case 'waiting':
      return waitingPage(host, target.deploymentId);
    case 'failed':
      return page(404, {
        title: 'The build failed',
        mark: 'failed',
        text: [
          `The first build of ${host} ended with "${target.reason}", so there is nothing to show yet.`,
          `Its log says why: deployment ${target.deploymentId}. The next successful build will appear here.`,
        ],
        looks: 'some time',
      });
    case 'blocked':
      return page(503, {
        title: 'Waiting for approval',
        mark: 'waiting',
        text: [`${host} comes from a fork. It is built once a maintainer of the repository has approved it.`],
        looks: 'some time',
      });
    case 'gone':
      return page(410, {
        title: 'This site is gone',
        mark: 'gone',
        text: [`${host} was removed, most likely because its branch was deleted.`],
      });
  }
}

function waitingPage(host: string, deploymentId: string): Page {
  return page(503, {
    title: 'Building…',
    mark: 'waiting',
    text: [
      `The first build of ${host} is on its way. This page turns into the site by itself.`,
      `Deployment ${deploymentId}`,
    ],
    looks: 'soon',
  });
}

/** A deployment that was asked for this second has its host in the next: whoever is so fast sees it appear. */
export function unknownHostPage(host: string, domain: string): Page {
  return page(404, {
    title: 'There is no site here',
    mark: 'gone',
    text: [
      `No project or branch has the address ${host}.`,
      `Sites have addresses such as my-project.${domain} or my-branch--my-project.${domain}. A branch gets its own with its first deployment, and this page then turns into it.`,
    ],
    looks: 'soon',
  });
}

export function ownPage(domain: string): Page {
  return page(404, {
    title: 'Offshoot serves sites here',
    mark: 'gone',
    text: [`Each project and branch has its own address below this one, such as my-project.${domain}.`],
  });
}

export function notFoundPage(host: string): Page {
  return page(404, { title: 'Page not found', mark: 'gone', text: [`${host} has no page at this address.`] });
}

export function badRequestPage(status: 400 | 414, message: string): Page {
  return page(status, { title: 'The request is not valid', mark: 'failed', text: [message] });
}

export function methodNotAllowedPage(): Page {
  const text = ['This is a site of files: it answers GET and HEAD only.'];
  const { headers, ...rest } = page(405, { title: 'Method not allowed', mark: 'failed', text });
  return { ...rest, headers: { ...headers, allow: 'GET, HEAD' } };
}

export function unavailablePage(): Page {
  const text = ['The storage of this site does not answer right now. Please try again in a moment.'];
  return page(503, {
    title: 'Back in a moment',
    mark: 'waiting',
    text,
    looks: 'soon',
  });
}

export function internalErrorPage(): Page {
  const text = ['Something went wrong while this page was looked up. It was reported to the operator.'];
  return page(500, { title: 'That was our fault', mark: 'failed', text });
}

interface Content {
  readonly title: string;
  readonly mark: 'waiting' | 'failed' | 'gone';
  readonly text: readonly string[];
  /** When the host may have something else to show, which takes the place of the page. */
  readonly looks?: 'soon' | 'some time';
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --paper: #fcfcfd; --card: #fff; --line: #e4e5e9; --mark: #8b8d98; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a5a9b1; --paper: #111113; --card: #18191b; --line: #2e3035; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { box-sizing: border-box; max-width: 34rem; margin: 1rem; padding: 2.25rem 2.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
h1 { display: flex; align-items: center; gap: .7rem; margin: 0 0 .6rem; font-size: 1.35rem; letter-spacing: -.01em; }
h1::before { content: ""; flex: none; width: .7rem; height: .7rem; border-radius: 50%; background: var(--mark); }
.waiting { --mark: #e2a336; } .failed { --mark: #e5484d; }
.waiting h1::before { animation: pulse 1.4s ease-in-out infinite; }
p { margin: .5rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
@keyframes pulse { 50% { opacity: .25; } }
@media (prefers-reduced-motion: reduce) { .waiting h1::before { animation: none; } }
`;

/** Reloads, without the flicker of doing so in vain, when the host has another page or its site to show. */
const SCRIPT = `
const { page, looks } = document.body.dataset;
const look = async () => {
  const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  const next = answer?.headers.get('${PAGE_HEADER}');
  if (answer && next !== page && next !== '${nameOf('Back in a moment')}') location.reload();
};
setInterval(look, looks);
`;

const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Not written out in the template: the formatter would change them, and the policy allows exactly these. */
const STYLE_TAG = raw(`<style>${STYLE}</style>`);
const SCRIPT_TAG = raw(`<script>${SCRIPT}</script>`);

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function page(status: number, content: Content): Page {
  const headers: Record<string, string> = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': NO_STORE,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    [PAGE_HEADER]: nameOf(content.title),
  };
  if (status === 503) headers['retry-after'] = String(retrySecondsOf(content.looks));
  return { status, headers, body: render(content) };
}

function retrySecondsOf(looks: Content['looks']): number {
  return looks === 'soon' ? SOON_RETRY_SECONDS : SOME_TIME_RETRY_SECONDS;
}

/** A page by its title, as a header and an attribute can hold it. */
function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '-')
    .replace(/-$/, '');
}

function render({ title, mark, text, looks }: Content): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${looks === undefined ? '' : refreshTag(retrySecondsOf(looks))}${STYLE_TAG}
      </head>
      <body
        class="${mark}"
        data-page="${nameOf(title)}"
        data-looks="${looks === 'soon' ? SOON_MS : SOME_TIME_MS}"
      >
        <main>
          <h1>${title}</h1>
          ${text.map((line) => html`<p>${line}</p>`)}
        </main>
        ${looks === undefined ? '' : SCRIPT_TAG}
      </body>
    </html> `;
  return (document as HtmlEscapedString).toString(); // no part of it is a promise
}

/** For browsers without scripts. */
function refreshTag(seconds: number): HtmlEscapedString | Promise<HtmlEscapedString> {
  return html`<noscript><meta http-equiv="refresh" content="${seconds}" /></noscript>`;
}
