import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Database } from '../../db/database.ts';
import { findListedDeployment } from '../../db/deployment-listing.ts';
import { isFinal } from '../../domain/transition.ts';
import type { DeploymentStatus } from '../../domain/words.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import type { LogStore } from '../../logs/stores/log-store.ts';
import type { Html } from '../html.ts';
import { LOG_VIEWER_SCRIPT, logPagePath, type LogTail, readLogTail, renderLogViewer } from './log-viewer.ts';
import { addPage, type PageDependencies } from '../page.ts';
import { iconOf } from '../parts/status.ts';

export interface LogPageDependencies extends PageDependencies {
  readonly db: Database;
  readonly logs: Pick<LogStore, 'readTail'>;
}

/** The log of a deployment on a page of its own, as high as the window. */
export function addLogPage(app: Hono<AppEnv>, dependencies: LogPageDependencies): void {
  const { db, logs } = dependencies;
  addPage(
    app,
    {
      path: logPagePath(':id') as '/deployments/:id/log',
      async load(context): Promise<Shown | Response> {
        const listed = await findListedDeployment(db, context.req.param('id'));
        if (listed === undefined)
          return problem(context, 'deployment_not_found', 'No deployment has this id.');
        const { deployment, project } = listed;
        const { id, status, ref } = deployment;
        return {
          id,
          status,
          ref,
          slug: project.slug,
          project: project.name,
          readTail: () => readLogTail(logs, id),
        };
      },
      render: (data) => ({
        title: `Log · ${data.ref} · ${data.project}`,
        icon: iconOf(data.status),
        scripts: [LOG_VIEWER_SCRIPT],
        // The log keeps a connection open for as long as the deployment goes on.
        liveBy: isFinal(data.status) ? 'events' : 'asking',
        main: html`${renderCrumbs(data)}
        ${renderLogViewer({
          deploymentId: data.id,
          isFinished: isFinal(data.status),
          hasFailed: data.status === 'failed',
          title: `Log of ${data.ref}`,
          readTail: data.readTail,
        })}`,
      }),
      deploymentOf: ({ id }) => id,
    },
    dependencies,
  );
}

interface Shown {
  readonly id: string;
  readonly ref: string;
  readonly slug: string;
  readonly project: string;
  readonly status: DeploymentStatus;
  readonly readTail: () => Promise<LogTail>;
}

function renderCrumbs({ id, ref, slug, project }: Shown): Html {
  return html`<nav class="crumbs" aria-label="Where you are">
    <a href="/">Projects</a> / <a href="/projects/${slug}">${project}</a> /
    <a href="/deployments/${id}">${ref}</a>
  </nav>`;
}
