import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  findRepositoryId,
  listGithubDeliveries,
  type ListedDelivery,
} from '../../db/github-delivery-listing.ts';
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../../domain/words.ts';
import { isAdministrator } from '../../http/caller.ts';
import { pageOf, parseReceivedCursor, receivedPosition } from '../../http/cursor.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { optionalLine } from '../form.ts';
import type { Html } from '../html.ts';
import { addPage } from '../page.ts';
import { addDeliveryPage } from './delivery.ts';
import {
  type DeliveryLine,
  deliveryPath,
  OUTCOMES,
  PATH,
  renderOutcome,
  sayEvent,
} from './delivery-words.ts';
import { renderTime } from '../parts/time.ts';

const DELIVERIES_A_PAGE = 25;
const MAX_REPOSITORY_LENGTH = 200;

interface Filter {
  /** `owner/name`, as it was typed. */
  readonly repository: string | undefined;
  readonly outcome: DeliveryOutcome | undefined;
}

interface DeliveriesData {
  readonly filter: Filter;
  readonly isFirstPage: boolean;
  readonly lines: readonly DeliveryLine[];
  readonly next: string | null;
}

/** What GitHub sent, and what was decided about it: where somebody looks when a push was not deployed. */
export function addGithubDeliveryPages(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addPage(
    app,
    {
      path: PATH,
      load: async (context): Promise<DeliveriesData | Response> => {
        if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
        return loadDeliveries(context, dependencies);
      },
      render: (data, now) => ({
        title: 'Webhooks of GitHub',
        main: html`<nav class="crumbs" aria-label="Where you are"><a href="/setup">GitHub</a> / Webhooks</nav>
          <h1>Webhooks of GitHub</h1>
          <p class="faint">What GitHub sent in the last 30 days, and what was decided about it.</p>
          ${renderFilter(data.filter)}
          <div data-region="deliveries">${renderLines(data, now)}</div>`,
      }),
    },
    dependencies,
  );
  addDeliveryPage(app, dependencies);
}

function refuseCaller(context: Context): Response {
  return problem(context, 'forbidden', 'Only an administrator may see what GitHub sent.');
}

async function loadDeliveries(context: Context, { db }: DashboardDependencies): Promise<DeliveriesData> {
  const filter = readFilter(context.req.query());
  const after = parseReceivedCursor(context.req.query('after') ?? '');
  const { repository, outcome } = filter;
  const repositoryId = repository === undefined ? undefined : await findRepositoryId(db, repository);
  const isUnknown = repository !== undefined && repositoryId === undefined;
  const page = { after, limit: DELIVERIES_A_PAGE + 1 };
  const rows = isUnknown ? [] : await listGithubDeliveries(db, { repositoryId, outcome }, page);
  const { items: lines, next } = pageOf(rows, DELIVERIES_A_PAGE, lineOf, receivedPosition);
  return { filter, isFirstPage: after === undefined, lines, next };
}

/** What does not fit is left out: a form sends what was not chosen as empty text. */
function readFilter(query: Readonly<Record<string, string>>): Filter {
  return {
    repository: optionalLine(query['repository']?.slice(0, MAX_REPOSITORY_LENGTH)),
    outcome: DELIVERY_OUTCOMES.find((outcome) => outcome === query['outcome']),
  };
}

function lineOf(row: ListedDelivery): DeliveryLine {
  const { guid, event, action, repositoryName, outcome, reason } = row;
  return {
    guid,
    event,
    action,
    repositoryName,
    outcome,
    reason,
    receivedAt: row.receivedAt.getTime(),
    replayedAt: row.replayedAt?.getTime() ?? null,
  };
}

function renderFilter({ repository, outcome }: Filter): Html {
  return html`<form class="filter" method="get" action="${PATH}">
    <div>
      <label for="repository">Repository</label>
      <input id="repository" name="repository" value="${repository ?? ''}" placeholder="owner/name" />
    </div>
    <div>
      <label for="outcome">Outcome</label>
      <select id="outcome" name="outcome">
        <option value="">All</option>
        ${DELIVERY_OUTCOMES.map(
          (each) =>
            html`<option value="${each}" ${each === outcome ? html`selected` : ''}>
              ${OUTCOMES[each].words}
            </option>`,
        )}
      </select>
    </div>
    <button>Show</button>
  </form>`;
}

function renderLines(data: DeliveriesData, now: number): Html {
  if (data.lines.length === 0) return renderNone(data);
  return html`<ul class="deployments card flush">
      ${data.lines.map((line) => renderLine(line, now))}
    </ul>
    ${renderPages(data)}`;
}

function renderLine(line: DeliveryLine, now: number): Html {
  const { guid, outcome, repositoryName, reason, receivedAt, replayedAt } = line;
  return html`<li>
    <span class="state">${renderOutcome(outcome)}</span>
    <span class="what">
      <a href="${deliveryPath(guid)}">${sayEvent(line)}</a>
      ${replayedAt === null ? '' : html`<span class="tag">Replayed</span>`}
      <span class="origin">
        ${repositoryName === null ? '' : html`<b><bdi>${repositoryName}</bdi></b>`}
        <span><bdi>${reason}</bdi></span>
      </span>
    </span>
    <span class="age">${renderTime(receivedAt, now)}</span>
  </li>`;
}

function renderNone({ filter, isFirstPage }: DeliveriesData): Html {
  if (!isFirstPage || filter.repository !== undefined || filter.outcome !== undefined)
    return html`<p class="empty card">No webhook fits. <a href="${PATH}">Show all webhooks</a></p>`;
  return html`<p class="empty card">
    GitHub has sent nothing in the last 30 days. <a href="/setup">Is it connected?</a>
  </p>`;
}

function renderPages({ filter, isFirstPage, next }: DeliveriesData): Html {
  const link = (after: string | undefined) => {
    const query = Object.entries({ ...filter, after }).filter((entry) => entry[1] !== undefined);
    return `${PATH}?${new URLSearchParams(query as [string, string][]).toString()}`;
  };
  return html`<nav class="pages" aria-label="Pages">
    ${isFirstPage ? '' : html`<a class="button" href="${link(undefined)}">Newest</a>`}
    ${next === null ? '' : html`<a class="button" href="${link(next)}">Older</a>`}
  </nav>`;
}
