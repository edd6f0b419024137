import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  createDeployHook,
  type CreateDeployHookResult,
  deployHookUrl,
} from '../../actions/create-deploy-hook.ts';
import { createWebhook } from '../../actions/create-webhook.ts';
import { deleteDeployHook } from '../../db/deploy-hooks.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { newDeployHookSchema, newWebhookSchema } from '../../domain/notification-requests.ts';
import { WEBHOOK_EVENTS } from '../../domain/words.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { answerNoProject, findProjectOrAnswer } from '../projects/find-project.ts';
import { type FormText, type Mistakes, mistakesOf, optionalLine } from '../form.ts';
import { loadNotifications, type NotificationsData } from './notifications-data.ts';
import { notificationsPath, renderNotice, webhookPath } from './notifications-notice.ts';
import { addPage, answerDocument } from '../page.ts';
import { renderDeployHooks } from './deploy-hooks.ts';
import type { FilledForm } from '../parts/field.ts';
import { projectHeadOf, renderProjectHeader } from '../parts/project-header.ts';
import { fieldOfEvent, renderWebhooks } from './webhooks.ts';
import { renderMadeHook, renderMadeWebhook } from './made-secret.ts';
import { addProjectPost } from '../projects/project-posts.ts';
import { fillAgain } from '../projects/project-form.ts';

const WRONG_FIELD = 422;
const PATH = '/projects/:slug/notifications';
const EMPTY: FilledForm = { typed: {}, mistakes: {} };

interface Forms {
  readonly hook: FilledForm;
  readonly webhook: FilledForm;
}

/** What deploys a project from outside, and whom it tells. */
export function addNotificationsPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const page = {
    path: PATH,
    load: async (context: Context): Promise<NotificationsData | Response> => {
      const project = await findProjectOrAnswer(context, context.req.param('slug') ?? '', dependencies.db);
      if (project instanceof Response) return project;
      return loadNotifications(project, context.req.query('notice'), dependencies);
    },
    render: (data: NotificationsData, now: number) => documentOf(data, { hook: EMPTY, webhook: EMPTY }, now),
  };
  addPage(app, page, dependencies);
  addHookForms(app, dependencies);
  addWebhookForm(app, dependencies);
}

function documentOf(data: NotificationsData, { hook, webhook }: Forms, now: number) {
  return {
    title: `Notifications · ${data.head.name}`,
    main: html`${renderProjectHeader(data.head, 'notifications')} ${renderNotice(data.notice)}
      <div class="narrower">
        ${renderDeployHooks(data, hook, now)} ${renderWebhooks(data, webhook, now)}
      </div>`,
  };
}

/** The page with a form that was refused. It does not follow changes: somebody is typing. */
async function answerRefused(
  context: Context,
  project: ProjectRow,
  forms: Partial<Forms>,
  dependencies: DashboardDependencies,
): Promise<Response> {
  const data = await loadNotifications(project, undefined, dependencies);
  const filled = { hook: EMPTY, webhook: EMPTY, ...forms };
  return answerDocument(context, documentOf(data, filled, dependencies.now()), WRONG_FIELD);
}

/**
 * A secret is shown once, in the answer to the form that made it: it is in no address, history or link, nothing keeps it
 * on the server, and browsers keep no answer to a form (`no-store`). Who reloads that page is asked before the form is
 * sent again; who opens its address comes to the list.
 */
function addHookForms(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const path = `${PATH}/deploy-hooks` as const;

  app.get(path, (context) => context.redirect(notificationsPath(context.req.param('slug')), 303));

  addProjectPost(app, path, dependencies, async ({ context, project, typed }) => {
    const refuse = (mistakes: Mistakes) =>
      answerRefused(context, project, { hook: fillAgain(typed, mistakes) }, dependencies);
    const order = newDeployHookSchema.safeParse({
      name: typed['name'] ?? '',
      branch: optionalLine(typed['branch']),
    });
    if (!order.success) return refuse(mistakesOf(order.error));
    const made = await createDeployHook(project, order.data, dependencies);
    if (made.outcome === 'project_not_found') return answerNoProject(context, project.slug);
    if (made.outcome !== 'created') return refuse(hookMistakeOf(made));
    const url = deployHookUrl(made.token, dependencies.appUrl);
    const head = projectHeadOf(project, dependencies.domain);
    return answerDocument(context, renderMadeHook(head, made.hook, url));
  });

  addProjectPost(app, `${path}/:id/delete`, dependencies, async ({ context, project }) => {
    const isDeleted = await deleteDeployHook(dependencies.db, project.id, context.req.param('id') ?? '');
    return context.redirect(notificationsPath(project.slug, isDeleted ? 'hook-deleted' : 'gone'), 303);
  });
}

type RefusedHook = Extract<CreateDeployHookResult, { readonly message: string }>;

function hookMistakeOf({ outcome, message }: RefusedHook): Mistakes {
  return outcome === 'too_many' ? { name: message } : { branch: message };
}

function addWebhookForm(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const path = `${PATH}/webhooks` as const;

  app.get(path, (context) => context.redirect(notificationsPath(context.req.param('slug')), 303));

  addProjectPost(app, path, dependencies, async ({ context, project, typed }) => {
    const refuse = (mistakes: Mistakes) =>
      answerRefused(context, project, { webhook: fillAgain(typed, mistakes) }, dependencies);
    const order = newWebhookSchema.safeParse(readWebhook(typed));
    if (!order.success) return refuse(webhookMistakesOf(mistakesOf(order.error)));
    const made = await createWebhook({ ...order.data, projectId: project.id }, dependencies);
    if (made.outcome === 'project_not_found') return answerNoProject(context, project.slug);
    if (made.outcome !== 'created') return refuse({ url: made.message });
    const { webhook, secret } = made;
    if (secret === null) return context.redirect(webhookPath(project.slug, webhook.id, 'webhook-added'), 303);
    const head = projectHeadOf(project, dependencies.domain);
    return answerDocument(context, renderMadeWebhook(head, webhook, secret));
  });
}

function readWebhook(typed: FormText): Record<string, unknown> {
  return {
    url: typed['url']?.trim() ?? '',
    format: typed['format'],
    events: WEBHOOK_EVENTS.filter((event) => typed[fieldOfEvent(event)] !== undefined),
  };
}

/** What a schema says of a list is nothing for people. */
function webhookMistakesOf(mistakes: Mistakes): Mistakes {
  return mistakes['events'] === undefined ? mistakes : { ...mistakes, events: 'Choose one at least.' };
}
