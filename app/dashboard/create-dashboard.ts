import { Hono } from 'hono';
import type { AppEnv } from '../http/guards.ts';
import { createPulses } from '../logs/stores/pulses.ts';
import { createAssetRoutes } from './assets.ts';
import type { DashboardDependencies, DashboardOptions } from './dependencies.ts';
import { addDeploymentPages } from './deployment.ts';
import { addLogPage } from './log-page.ts';
import { addLoginRoutes } from './login.ts';
import { addNewProjectPage } from './new-project.ts';
import { addNotificationsPage } from './notifications.ts';
import { addProjectDeletePage } from './project-delete.ts';
import { addProjectDeploymentsPage } from './project-deployments.ts';
import { addProjectOverview } from './project-overview.ts';
import { addProjectSettingsPage } from './project-settings.ts';
import { addProjectsPage } from './projects.ts';
import { addWebhookPage } from './webhook.ts';

/** The pages for people, with what they load and post to. Guards are the caller's. */
export function createDashboard(options: DashboardOptions): Hono<AppEnv> {
  const dependencies: DashboardDependencies = { ...options, pulses: createPulses(options.hints) };
  const app = new Hono<AppEnv>();
  app.route('/', createAssetRoutes());
  addLoginRoutes(app, dependencies);
  addProjectsPage(app, dependencies);
  addDeploymentPages(app, dependencies);
  addLogPage(app, dependencies);
  addNewProjectPage(app, dependencies);
  addProjectOverview(app, dependencies);
  addProjectDeploymentsPage(app, dependencies);
  addNotificationsPage(app, dependencies);
  addWebhookPage(app, dependencies);
  addProjectSettingsPage(app, dependencies);
  addProjectDeletePage(app, dependencies);
  return app;
}
