import { html } from 'hono/html';
import { createAssetRoutes } from '../../app/dashboard/assets.ts';
import type { Document } from '../../app/dashboard/layout.ts';
import { addLogPage } from '../../app/dashboard/log/log-page.ts';
import { LOG_VIEWER_SCRIPT, readLogTail, renderLogViewer } from '../../app/dashboard/log/log-viewer.ts';
import { answerDocument } from '../../app/dashboard/page.ts';
import type { LogStore } from '../../app/logs/stores/log-store.ts';
import { createPulses } from '../../app/logs/stores/pulses.ts';
import { type LogApp, type LogAppServers, startLogApp } from './log-app.ts';

/** A log as a piece of a page that is longer than a window. */
function showBelow(deploymentId: string, logs: LogStore): Document {
  const readTail = () => readLogTail(logs, deploymentId);
  const view = { deploymentId, isFinished: true, hasFailed: false, readTail };
  return {
    title: 'Much and a log',
    scripts: [LOG_VIEWER_SCRIPT],
    main: html`<h1>Much</h1>
      ${Array.from({ length: 60 }, () => html`<p>and more</p>`)} ${renderLogViewer(view)}`,
  };
}

/** A log app that shows its logs on pages too, to whoever asks. */
export async function startLogPages(servers: LogAppServers): Promise<LogApp> {
  return startLogApp(servers, (app, parts) => {
    app.route('/', createAssetRoutes());
    addLogPage(app, { ...parts, pulses: createPulses(parts.hints), now: Date.now });
    app.get('/below/:id', (context) =>
      answerDocument(context, showBelow(context.req.param('id'), parts.logs)),
    );
  });
}
