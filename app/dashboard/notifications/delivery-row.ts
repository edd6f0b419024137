import { html } from 'hono/html';
import type { DeliveryEvent, DeliveryStatus } from '../../domain/words.ts';
import { formatDuration } from '../browser/relative-time.ts';
import type { Html } from '../html.ts';
import { renderDeliveryStatus, wordsOfEvent } from './delivery.ts';
import { renderTime } from '../parts/time.ts';

/** A delivery as its list shows it. Times are epoch milliseconds. */
export interface DeliveryLine {
  readonly id: string;
  readonly event: DeliveryEvent;
  readonly deploymentId: string | null;
  readonly status: DeliveryStatus;
  readonly tries: number;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly error: string | null;
  readonly tookMs: number | null;
  readonly payload: string;
  readonly createdAt: number;
  readonly triedAt: number | null;
  readonly dueAt: number | null;
}

/** One delivery: what became of it in a line, and all of it on demand. `path` is its webhook's. */
export function renderDelivery(line: DeliveryLine, path: string, now: number): Html {
  const { id, event, status, error, createdAt } = line;
  return html`<li id="delivery-${id}">
    <details id="delivery-${id}-more">
      <summary>
        <span class="state">${renderDeliveryStatus(status, error)}</span>
        <span class="what">
          <b>${wordsOfEvent(event)}</b>
          <span class="faint">${sayTries(line)}</span>
        </span>
        <span class="age">${renderTime(createdAt, now)}</span>
      </summary>
      <div class="more">${renderMore(line, path, now)}</div>
    </details>
  </li>`;
}

function sayTries({ tries, responseStatus, status }: DeliveryLine): string {
  if (tries === 0) return status === 'waiting' ? 'not tried yet' : '';
  const count = tries === 1 ? '1 try' : `${tries} tries`;
  if (status === 'sending') return `try ${tries} is under way`;
  return responseStatus === null ? `${count}, no answer` : `${count}, answered ${responseStatus}`;
}

function renderMore(line: DeliveryLine, path: string, now: number): Html {
  const { id, deploymentId, error, responseBody, payload, status } = line;
  const isOnItsWay = status === 'sending' || (status === 'waiting' && error === null);
  return html`${error === null ? '' : html`<p class="wrong">${error}</p>`}
    <dl class="facts">
      <dt>Id</dt>
      <dd><code>${id}</code></dd>
      ${
        deploymentId === null
          ? ''
          : html`<dt>Deployment</dt>
              <dd>
                <a href="/deployments/${deploymentId}"><code>${deploymentId}</code></a>
              </dd>`
      }
      ${renderTimes(line, now)}
    </dl>
    ${
      responseBody === null
        ? ''
        : html`<h4>Answer</h4>
            ${
              responseBody.trim() === ''
                ? html`<p class="faint">It said nothing.</p>`
                : html`<pre class="excerpt" tabindex="0">${responseBody}</pre>`
            }`
    }
    <h4>Payload</h4>
    <pre class="excerpt" tabindex="0">${indent(payload)}</pre>
    ${
      isOnItsWay
        ? ''
        : html`<form method="post" action="${path}/deliveries/${id}/redeliver">
            <button>${status === 'waiting' ? 'Send now' : 'Send again'}</button>
          </form>`
    }`;
}

function renderTimes({ triedAt, tookMs, dueAt, status }: DeliveryLine, now: number): Html {
  return html`${
    triedAt === null
      ? ''
      : html`<dt>Last try</dt>
          <dd>${renderTime(triedAt, now)}${tookMs === null ? '' : `, took ${formatDuration(tookMs)}`}</dd>`
  }
  ${
    status === 'waiting' && dueAt !== null && dueAt > now
      ? html`<dt>Next try</dt>
          <dd>${sayMoment(dueAt)}</dd>`
      : ''
  }`;
}

/** A moment to come: relative times are for those that are over. */
function sayMoment(at: number): Html {
  const exact = new Date(at).toISOString();
  return html`<time datetime="${exact}">${exact.replace('T', ' ').replace(/:\d+\.\d+Z$/, ' UTC')}</time>`;
}

/** As people read it; what is sent is one line. */
function indent(payload: string): string {
  return JSON.stringify(JSON.parse(payload), undefined, 2);
}
