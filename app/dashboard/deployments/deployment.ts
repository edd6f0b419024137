import type { Hono } from 'hono';
import { html } from 'hono/html';
import { isFinal } from '../../domain/transition.ts';
import { mayDo } from '../../http/access.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { addDeploymentActions } from './deployment-actions.ts';
import { type DeploymentData, readDeploymentData } from './deployment-data.ts';
import { renderFacts } from './deployment-facts.ts';
import { addDeploymentFilesPage } from './deployment-files.ts';
import { renderDeploymentHead } from './deployment-head.ts';
import { renderNotice } from './deployment-notice.ts';
import { renderOutput } from './deployment-output.ts';
import { renderSteps } from './deployment-steps.ts';
import { renderStory, sayStatus } from './deployment-story.ts';
import { findDeploymentOrAnswer } from './find-deployment.ts';
import type { Html } from '../html.ts';
import type { Document } from '../layout.ts';
import { LOG_VIEWER_SCRIPT, type LogTail, readLogTail, renderLogViewer } from '../log/log-viewer.ts';
import { createOutputs } from './outputs.ts';
import { addPage } from '../page.ts';
import { titleOf } from '../parts/deployment-row.ts';
import { iconOf, wordsOf } from '../parts/status.ts';

interface Shown extends DeploymentData {
  /** The name of a notice, or whatever stands there in the address. */
  readonly notice: string | undefined;
  readonly readTail: () => Promise<LogTail>;
}

/** The page of one deployment, of its files, and what its buttons do. */
export function addDeploymentPages(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  const { db, domain, logs, storage, hasSandbox } = dependencies;
  const outputs = createOutputs(storage);
  addPage(
    app,
    {
      path: '/deployments/:id',
      load: async (context): Promise<Shown | Response> => {
        const id = context.req.param('id');
        const listed = await findDeploymentOrAnswer(context, id, db);
        if (listed instanceof Response) return listed;
        const mayDeploy = mayDo(context, 'deploy');
        const data = await readDeploymentData(listed, { db, domain, outputs, hasSandbox, mayDeploy });
        return { ...data, notice: context.req.query('notice'), readTail: () => readLogTail(logs, id) };
      },
      render: renderDeployment,
      deploymentOf: ({ line }) => line.id,
    },
    dependencies,
  );
  addDeploymentFilesPage(app, { ...dependencies, outputs });
  addDeploymentActions(app, dependencies);
}

function renderDeployment(data: Shown, now: number): Omit<Document, 'live'> {
  const { line, project } = data;
  const isOver = isFinal(line.status);
  return {
    title: `${wordsOf(line.status)}: ${titleOf(line)} · ${project.name}`,
    icon: iconOf(line.status),
    scripts: [LOG_VIEWER_SCRIPT],
    // The log keeps a connection open for as long as the deployment goes on.
    liveBy: isOver ? 'events' : 'asking',
    main: html`<nav class="crumbs" aria-label="Where you are">
        <a href="/">Projects</a> / <a href="/projects/${project.slug}">${project.name}</a> /
        <a href="/projects/${project.slug}/deployments">Deployments</a>
      </nav>
      ${renderNotice(data.notice)}
      <div data-region="head">${renderDeploymentHead(data, now)}</div>
      <p class="unseen" role="status" data-region="said">${sayStatus(data)}</p>
      ${isOver ? '' : WITHOUT_SCRIPT}
      <div class="deployment">
        <section class="story" aria-label="State" data-region="story">${renderStory(data, now)}</section>
        <section class="steps" aria-label="Steps" data-region="steps">${renderSteps(data, now)}</section>
        <section class="facts" aria-label="Facts" data-region="facts">${renderFacts(data, now)}</section>
      </div>
      ${renderLog(data)}
      <div data-region="output">${renderOutput(data, now)}</div>`,
  };
}

/** Not by `<meta http-equiv="refresh">`, which would close a question, and move a reader of the log to its top. */
const WITHOUT_SCRIPT = html`<noscript>
  <p class="notice busy">
    Without JavaScript this page shows how things were when it was loaded. <a href="?">Load it again</a>
  </p>
</noscript>`;

/** It follows its log by itself, so it stands outside of every region. */
function renderLog({ line: { id, status }, readTail }: Shown): Html {
  return renderLogViewer({
    deploymentId: id,
    isFinished: isFinal(status),
    hasFailed: status === 'failed',
    readTail,
  });
}
