import { html } from 'hono/html';
import { WEBHOOK_EVENTS, type WebhookEvent, type WebhookFormat } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import type { NotificationsData, WebhookLine } from './notifications-data.ts';
import { webhookPath } from './notifications-notice.ts';
import { renderConfirm } from '../parts/confirm.ts';
import { renderDeliveryStatus, sayEvents, wordsOfEvent } from './delivery.ts';
import { type FilledForm, renderCheck, renderField, renderRefusal } from '../parts/field.ts';
import { renderTime } from '../parts/time.ts';

const FORMATS = { json: 'JSON, signed', slack: 'Slack' } as const;

/** The webhooks of a project, and the form that adds another one. */
export function renderWebhooks(data: NotificationsData, form: FilledForm, now: number): Html {
  return html`<section aria-labelledby="webhooks">
    <h2 id="webhooks">Webhooks</h2>
    <p class="faint">
      Tell a URL, or a channel in Slack, when a deployment is ready, fails or needs approval. What is not
      received is sent again for a day.
    </p>
    <div data-region="webhooks">${renderList(data, now)}</div>
    ${renderWebhookForm(data, form)}
  </section>`;
}

/** The name of a box of the form, by its event: ids hold no dots. */
export function fieldOfEvent(event: WebhookEvent): string {
  return event.replace('deployment.', '');
}

function renderList({ webhooks, head }: NotificationsData, now: number): Html | '' {
  if (webhooks.length === 0) return '';
  return html`<ul class="hooks card flush">
    ${webhooks.map((webhook) => renderWebhook(webhook, head.slug, now))}
  </ul>`;
}

function renderWebhook(webhook: WebhookLine, slug: string, now: number): Html {
  const { id, format, urlHint, events } = webhook;
  const path = webhookPath(slug, id);
  return html`<li id="webhook-${id}">
    <div class="grow">
      <a href="${path}"><b>${urlHint}</b></a> ${renderFormat(format)}
      <div class="faint">${sayEvents(events)}</div>
      <div class="faint">${renderNewest(webhook, now)}</div>
    </div>
    <div class="actions">
      <form method="post" action="${path}/test">
        <button>Send test<span class="unseen"> to ${urlHint}</span></button>
      </form>
      ${renderDeleteWebhook(webhook, slug)}
    </div>
  </li>`;
}

export function renderFormat(format: WebhookFormat): Html {
  return html`<span class="tag">${FORMATS[format]}</span>`;
}

function renderNewest({ newest }: WebhookLine, now: number): Html | string {
  if (newest === null) return 'Nothing was sent yet';
  return html`${renderDeliveryStatus(newest.status, newest.error)} ${wordsOfEvent(newest.event)},
  ${renderTime(newest.at, now)}`;
}

export function renderDeleteWebhook({ id, urlHint }: { id: string; urlHint: string }, slug: string): Html {
  return renderConfirm({
    id: `delete-webhook-${id}`,
    button: html`Delete<span class="unseen"> ${urlHint}</span>`,
    title: 'Delete this webhook?',
    body: html`<p>
      <b>${urlHint}</b> is told nothing any more, also what waits for another try. The list of what it was
      told is removed.
    </p>`,
    action: `${webhookPath(slug, id)}/delete`,
    confirm: 'Delete webhook',
    look: 'danger',
  });
}

function renderWebhookForm({ head, webhooks }: NotificationsData, form: FilledForm): Html {
  const isOpen = Object.keys(form.typed).length > 0 || webhooks.length === 0;
  return html`${renderRefusal(form, 'No webhook was added.')}
    <details class="card form" id="new-webhook" ${isOpen ? html`open` : ''}>
      <summary>New webhook</summary>
      <form method="post" action="/projects/${head.slug}/notifications/webhooks">
        ${renderField(
          {
            name: 'url',
            label: 'URL',
            hint: 'It is kept encrypted, and shown only in part: Slack’s are secrets themselves.',
            more: html`type="url" inputmode="url" required placeholder="https://example.com/hook"`,
          },
          form,
        )}
        <div class="field">
          <label for="format">Format</label>
          <select id="format" name="format">
            ${Object.entries(FORMATS).map(
              ([format, words]) =>
                html`<option value="${format}" ${form.typed['format'] === format ? html`selected` : ''}>
                  ${words}
                </option>`,
            )}
          </select>
        </div>
        ${renderEvents(form)}
        <button class="primary">Add webhook</button>
      </form>
    </details>`;
}

function renderEvents(form: FilledForm): Html {
  const mistake = form.mistakes['events'];
  const isNew = Object.keys(form.typed).length === 0;
  const typed = isNew
    ? Object.fromEntries(WEBHOOK_EVENTS.map((event) => [fieldOfEvent(event), 'yes']))
    : form.typed;
  return html`<fieldset class="field" ${mistake === undefined ? '' : html`aria-describedby="events-mistake"`}>
    <legend>Tell it when a deployment</legend>
    ${WEBHOOK_EVENTS.map((event) =>
      renderCheck({ name: fieldOfEvent(event), label: EVENT_LABELS[event] }, { ...form, typed }),
    )}
    ${mistake === undefined ? '' : html`<span class="wrong" id="events-mistake">${mistake}</span>`}
  </fieldset>`;
}

const EVENT_LABELS: Record<WebhookEvent, string> = {
  'deployment.ready': 'is ready',
  'deployment.failed': 'fails',
  'deployment.blocked': 'needs approval',
};
