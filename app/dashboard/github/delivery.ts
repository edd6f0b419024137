import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { replayDelivery } from '../../actions/github/replay-delivery.ts';
import { findGithubDelivery, type GithubDeliveryRow } from '../../db/github-deliveries.ts';
import { formatPayload } from '../../domain/github/format-payload.ts';
import { isAdministrator } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import type { Html } from '../html.ts';
import { answerDocument } from '../page.ts';
import { renderConfirm } from '../parts/confirm.ts';
import { renderTime } from '../parts/time.ts';
import { deliveryPath, PATH, renderOutcome, sayEvent } from './delivery-words.ts';

/** One webhook: what it said, what was decided and why, and the button that decides anew. */
export function addDeliveryPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  app.get(`${PATH}/:guid`, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const delivery = await findGithubDelivery(dependencies.db, context.req.param('guid'));
    return delivery === undefined ? answerNone(context) : answerDelivery(context, delivery, dependencies);
  });

  app.post(`${PATH}/:guid/replay`, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const guid = context.req.param('guid');
    const { outcome } = await replayDelivery(guid, dependencies);
    if (outcome === 'not_found') return answerNone(context);
    if (outcome === 'not_kept') return problem(context, 'conflict', NOT_KEPT);
    return context.redirect(deliveryPath(guid, 'replayed'), 303);
  });
}

const NOT_KEPT =
  'Its body was too large to be kept, so it can’t be replayed. GitHub can deliver it again: in the App’s settings there, below Advanced.';

function refuseCaller(context: Context): Response {
  return problem(context, 'forbidden', 'Only an administrator may see what GitHub sent.');
}

function answerNone(context: Context): Response {
  return problem(context, 'delivery_not_found', 'There is no such webhook. They are kept for 30 days.');
}

function answerDelivery(
  context: Context,
  delivery: GithubDeliveryRow,
  { now }: DashboardDependencies,
): Response | Promise<Response> {
  const isReplayed = context.req.query('notice') === 'replayed';
  const title = sayEvent(delivery);
  const main = html`<nav class="crumbs" aria-label="Where you are">
      <a href="/setup">GitHub</a> / <a href="${PATH}">Webhooks</a> / <bdi>${delivery.guid}</bdi>
    </nav>
    <h1>${title}</h1>
    ${isReplayed ? REPLAYED : ''} ${renderFacts(delivery, now())} ${renderReplay(delivery)}
    ${renderPayload(delivery)}`;
  return answerDocument(context, { title: `${title} · Webhooks of GitHub`, main });
}

const REPLAYED = html`<p class="notice ready" role="status">
  It was decided about anew. The outcome below is what was decided now.
</p>`;

function renderFacts(delivery: GithubDeliveryRow, now: number): Html {
  const { guid, outcome, reason, repositoryName, receivedAt, replayedAt } = delivery;
  return html`<section class="card" aria-label="What was decided">
    <p>${renderOutcome(outcome)} <bdi>${reason}</bdi></p>
    <dl class="facts">
      ${
        repositoryName === null
          ? ''
          : html`<dt>Repository</dt>
              <dd>
                <a href="${PATH}?${new URLSearchParams({ repository: repositoryName }).toString()}"
                  ><bdi>${repositoryName}</bdi></a
                >
              </dd>`
      }
      <dt>Came</dt>
      <dd>${renderTime(receivedAt.getTime(), now)}</dd>
      ${
        replayedAt === null
          ? ''
          : html`<dt>Replayed</dt>
              <dd>${renderTime(replayedAt.getTime(), now)}</dd>`
      }
      <dt>GUID</dt>
      <dd><code>${guid}</code></dd>
    </dl>
  </section>`;
}

function renderReplay({ guid, payload }: GithubDeliveryRow): Html {
  if (payload === null) return html`<p class="notice">${NOT_KEPT}</p>`;
  return renderConfirm({
    id: 'replay',
    button: 'Replay',
    title: 'Replay this webhook?',
    body: html`<p>
        It is decided about as if it came now, and the outcome above is replaced by the new one. What follows
        may be built and deployed.
      </p>
      <p>
        It moves no branch back: a push that is old by now is ignored, or GitHub is asked where the branch is.
      </p>`,
    action: `${deliveryPath(guid)}/replay`,
    confirm: 'Replay webhook',
  });
}

function renderPayload({ guid, payload }: GithubDeliveryRow): Html {
  if (payload === null) return html``;
  const { text, isCut } = formatPayload(payload);
  return html`<section aria-labelledby="payload">
    <h2 id="payload">Payload</h2>
    ${
      isCut
        ? html`<p class="faint">
            This is its beginning. <code>GET /api/github/deliveries/${guid}</code> answers with all of it.
          </p>`
        : ''
    }
    <pre class="excerpt" tabindex="0">${text}</pre>
  </section>`;
}
