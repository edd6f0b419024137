import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deliverAgain, pingWebhook } from '../../actions/deliver-again.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { type DeliveryRow, listDeliveries } from '../../db/webhook-deliveries.ts';
import { deleteWebhook, findWebhook, type WebhookRow } from '../../db/webhooks.ts';
import { createdPosition, pageOf, parseCreatedCursor } from '../../http/cursor.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { findProjectOrAnswer } from '../projects/find-project.ts';
import { addProjectPost } from '../projects/project-posts.ts';
import type { Html } from '../html.ts';
import { notificationsPath, renderNotice, webhookPath } from './notifications-notice.ts';
import { addPage } from '../page.ts';
import { type DeliveryLine, renderDelivery } from './delivery-row.ts';
import { sayEvents } from './delivery.ts';
import { type ProjectHead, projectHeadOf, renderProjectHeader } from '../parts/project-header.ts';
import { renderDeleteWebhook, renderFormat } from './webhooks.ts';

const PATH = '/projects/:slug/notifications/webhooks/:id';
const DELIVERIES_A_PAGE = 20;

interface WebhookData {
  readonly head: ProjectHead;
  readonly webhook: Pick<WebhookRow, 'id' | 'format' | 'urlHint' | 'events'>;
  readonly lines: readonly DeliveryLine[];
  readonly isFirstPage: boolean;
  readonly next: string | null;
  readonly notice: string | undefined;
}

/** One webhook: what it was told, what it answered, and its buttons. */
export function addWebhookPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const page = {
    path: PATH,
    load: async (context: Context): Promise<WebhookData | Response> => {
      const found = await findOrAnswer(context, dependencies);
      if (found instanceof Response) return found;
      return loadWebhook(found, context, dependencies);
    },
    render: (data: WebhookData, now: number) => ({
      title: `Webhook ${data.webhook.urlHint} · ${data.head.name}`,
      main: renderWebhookPage(data, now),
    }),
  };
  addPage(app, page, dependencies);
  addWebhookActions(app, dependencies);
}

interface Found {
  readonly project: ProjectRow;
  readonly webhook: WebhookRow;
}

async function findOrAnswer(context: Context, { db }: DashboardDependencies): Promise<Found | Response> {
  const project = await findProjectOrAnswer(context, context.req.param('slug') ?? '', db);
  if (project instanceof Response) return project;
  const webhook = await findWebhook(db, project.id, context.req.param('id') ?? '');
  if (webhook === undefined) return problem(context, 'webhook_not_found', NO_WEBHOOK);
  return { project, webhook };
}

const NO_WEBHOOK = 'The project has no such webhook. It may have been deleted.';

async function loadWebhook(
  { project, webhook: { id, format, urlHint, events } }: Found,
  context: Context,
  { db, domain }: DashboardDependencies,
): Promise<WebhookData> {
  const after = parseCreatedCursor(context.req.query('after') ?? '');
  const rows = await listDeliveries(db, id, { after, limit: DELIVERIES_A_PAGE + 1 });
  const { items: lines, next } = pageOf(rows, DELIVERIES_A_PAGE, lineOf, createdPosition);
  const isFirstPage = after === undefined;
  const notice = context.req.query('notice');
  const head = projectHeadOf(project, domain);
  return { head, webhook: { id, format, urlHint, events }, lines, isFirstPage, next, notice };
}

function lineOf(row: DeliveryRow): DeliveryLine {
  return {
    id: row.id,
    event: row.event,
    deploymentId: row.event === 'ping' ? null : row.deploymentId,
    status: row.status,
    tries: row.tries,
    responseStatus: row.responseStatus,
    responseBody: row.responseBody,
    error: row.error,
    tookMs: row.tookMs,
    payload: row.payload,
    createdAt: row.createdAt.getTime(),
    triedAt: row.triedAt?.getTime() ?? null,
    dueAt: row.dueAt?.getTime() ?? null,
  };
}

function addWebhookActions(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  app.post(`${PATH}/test`, async (context) => {
    const found = await findOrAnswer(context, dependencies);
    if (found instanceof Response) return found;
    const { project, webhook } = found;
    const sent = await pingWebhook(project.id, webhook.id, dependencies);
    if (sent === undefined) return context.redirect(notificationsPath(project.slug, 'gone'), 303);
    return context.redirect(webhookPath(project.slug, webhook.id, 'test-sent'), 303);
  });

  addProjectPost(app, `${PATH}/delete`, dependencies, async ({ context, project }) => {
    const isDeleted = await deleteWebhook(dependencies.db, project.id, context.req.param('id') ?? '');
    return context.redirect(notificationsPath(project.slug, isDeleted ? 'webhook-deleted' : 'gone'), 303);
  });

  app.post(`${PATH}/deliveries/:delivery/redeliver`, async (context) => {
    const found = await findOrAnswer(context, dependencies);
    if (found instanceof Response) return found;
    const { project, webhook } = found;
    const sent = await deliverAgain(webhook.id, context.req.param('delivery') ?? '', dependencies);
    const notice = sent === undefined ? 'gone' : 'sent-again';
    return context.redirect(webhookPath(project.slug, webhook.id, notice), 303);
  });
}

function renderWebhookPage(data: WebhookData, now: number): Html {
  const { head, webhook, notice } = data;
  return html`${renderProjectHeader(head, 'notifications')} ${renderNotice(notice)}
    <p class="crumbs"><a href="${notificationsPath(head.slug)}">All notifications</a></p>
    <div class="head">
      <div>
        <h2 class="first-line">${webhook.urlHint}</h2>
        <p class="faint">${renderFormat(webhook.format)} ${sayEvents(webhook.events)}</p>
      </div>
      <div class="actions">
        <form method="post" action="${webhookPath(head.slug, webhook.id)}/test">
          <button class="primary">Send test</button>
        </form>
        ${renderDeleteWebhook(webhook, head.slug)}
      </div>
    </div>
    <h3>What it was told</h3>
    <div data-region="deliveries">${renderDeliveries(data, now)}</div>`;
}

function renderDeliveries({ lines, isFirstPage, next, head, webhook }: WebhookData, now: number): Html {
  const path = webhookPath(head.slug, webhook.id);
  if (lines.length === 0) {
    return html`<p class="empty card">
      ${isFirstPage ? 'Nothing yet. Send it a test, or deploy.' : 'Nothing older is kept.'}
    </p>`;
  }
  return html`<ul class="deliveries card flush">
      ${lines.map((line) => renderDelivery(line, path, now))}
    </ul>
    <p class="faint">Kept for 30 days, and the newest 1,000.</p>
    <nav class="pages" aria-label="Pages">
      ${isFirstPage ? '' : html`<a class="button" href="${path}">Newest</a>`}
      ${next === null ? '' : html`<a class="button" href="${path}?after=${next}">Older</a>`}
    </nav>`;
}
