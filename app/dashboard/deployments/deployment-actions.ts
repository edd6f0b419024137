import type { Context, Hono } from 'hono';
import { cancel } from '../../actions/cancel.ts';
import { redeploy } from '../../actions/deploy.ts';
import { approveDeployment, type Refused } from '../../actions/github/approve-deployment.ts';
import { promote } from '../../actions/promote.ts';
import { findListedDeployment } from '../../db/deployment-listing.ts';
import { pinDeployment } from '../../db/deployments.ts';
import { requesterOf } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { noticePath, type NoticeName } from './deployment-notice.ts';
import { answerNoDeployment } from './find-deployment.ts';
import { readForm } from '../form.ts';

/** Where to look after an action, and what to say there. */
interface Outcome {
  readonly id: string;
  readonly notice: NoticeName;
}

/** Undefined: there is no such deployment (any more). */
type Act = (id: string, context: Context<AppEnv>) => Promise<Outcome | undefined>;

/** What the buttons of a deployment's page post to. Each answers with the page that shows what came of it. */
export function addDeploymentActions(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  for (const [name, act] of Object.entries(createActs(dependencies))) {
    app.post(`/deployments/:id/${name}`, async (context) => {
      const id = context.req.param('id') ?? '';
      // Ids that are none, and deployments of a project that is being deleted, are no matter for actions.
      const found = await findListedDeployment(dependencies.db, id);
      const outcome = found === undefined ? undefined : await act(id, context);
      if (outcome === undefined) return answerNoDeployment(context, id);
      return context.redirect(noticePath(outcome.id, outcome.notice), 303);
    });
  }
}

function createActs(dependencies: DashboardDependencies): Record<string, Act> {
  const pin = async (id: string, pinned: boolean): Promise<Outcome | undefined> => {
    const deployment = await pinDeployment(dependencies.db, id, pinned);
    if (deployment === undefined) return undefined;
    dependencies.hints.publish(id);
    return { id, notice: pinned ? 'pinned' : 'unpinned' };
  };
  return {
    approve: async (id, context) => {
      const result = await approveDeployment(id, requesterOf(context.get('caller')), dependencies);
      if (result.outcome === 'deployed') return { id: result.deployment.id, notice: 'approved' };
      return result.outcome === 'refused' ? { id, notice: noticeOf(result) } : undefined;
    },
    cancel: async (id) => {
      const { outcome } = await cancel(id, dependencies);
      if (outcome === 'deployment_not_found') return undefined;
      return { id, notice: CANCEL_NOTICES[outcome] };
    },
    redeploy: async (id, context) => {
      const result = await redeploy(id, requesterOf(context.get('caller')), dependencies);
      if (result.outcome === 'deployed') return { id: result.deployment.id, notice: 'redeployed' };
      if (result.outcome === 'refused') return { id, notice: noticeOf(result) };
      return result.outcome === 'not_rebuildable' ? { id, notice: 'not-rebuildable' } : undefined;
    },
    promote: async (id, context) => {
      const { outcome } = await promote(id, dependencies, seenOf((await readForm(context))['seen']));
      const notice =
        outcome in PROMOTE_NOTICES ? PROMOTE_NOTICES[outcome as keyof typeof PROMOTE_NOTICES] : undefined;
      return notice && { id, notice };
    },
    pin: (id) => pin(id, true),
    unpin: (id) => pin(id, false),
  };
}

const noticeOf = ({ why }: Refused): NoticeName => (why === 'no-sandbox' ? why : 'not-approved');

const CANCEL_NOTICES = {
  canceled: 'canceled',
  requested: 'canceling',
  too_late: 'not-cancelable',
} as const satisfies Record<string, NoticeName>;

const PROMOTE_NOTICES = {
  promoted: 'promoted',
  not_ready: 'not-ready',
  not_trusted: 'not-trusted',
  moved_meanwhile: 'moved-meanwhile',
} as const satisfies Record<string, NoticeName>;

/** What the question said that production serves; empty when it said nothing. A form without it does not care. */
function seenOf(seen: string | undefined): string | null | undefined {
  return seen === '' ? null : seen;
}
