import { html } from 'hono/html';
import type { DeployHookRow } from '../../db/deploy-hooks.ts';
import type { WebhookRow } from '../../db/webhooks.ts';
import type { Html } from '../html.ts';
import { notificationsPath, webhookPath } from './notifications-notice.ts';
import { renderCopyField } from './one-time-secret.ts';
import { type ProjectHead, renderProjectHeader } from '../parts/project-header.ts';

const SCRIPTS = ['copy.ts'];

/** The one page that ever shows the URL of a deploy hook. */
export function renderMadeHook(head: ProjectHead, { name, branch }: DeployHookRow, url: string) {
  const card = html`<h2>Deploy hook <bdi>${name}</bdi></h2>
    <p>${renderOnce('URL', 'Offshoot keeps nothing of it but a hash')}</p>
    ${renderCopyField('hook-url', 'URL', url)}
    ${renderCopyField('hook-curl', 'Try it in a terminal', `curl -X POST '${url}'`)}
    <p class="faint">
      Each call deploys what <bdi class="ref">${branch}</bdi> is then. Whoever knows the URL can call it.
    </p>
    <div class="actions">
      <a class="button primary" href="${notificationsPath(head.slug)}">I have copied it</a>
    </div>`;
  return documentOf('Deploy hook made', head, card);
}

/** The one page that ever shows the secret of a webhook. */
export function renderMadeWebhook(head: ProjectHead, { id, urlHint }: WebhookRow, secret: string) {
  const path = webhookPath(head.slug, id);
  const card = html`<h2>Webhook to ${urlHint}</h2>
    <p>${renderOnce('secret', 'Offshoot keeps it encrypted')}</p>
    ${renderCopyField('webhook-secret', 'Secret', secret)}
    <p class="faint">
      Each delivery is signed with it, as GitHub signs:
      <code>X-Offshoot-Signature-256: sha256=…</code> is the HMAC of the body.
    </p>
    <div class="actions">
      <form method="post" action="${path}/test"><button class="primary">Send test</button></form>
      <a class="button" href="${notificationsPath(head.slug)}">To the notifications</a>
    </div>`;
  return documentOf('Webhook added', head, card);
}

function renderOnce(what: string, kept: string): Html {
  return html`Copy the ${what} now: it is shown <b>this once</b>. ${kept}.`;
}

function documentOf(title: string, head: ProjectHead, card: Html) {
  const main = html`${renderProjectHeader(head, 'notifications')}
    <section class="card form made">${card}</section>`;
  return { title: `${title} · ${head.name}`, main, scripts: SCRIPTS };
}
