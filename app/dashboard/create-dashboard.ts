import { Hono } from 'hono';
import type { AppEnv } from '../http/guards.ts';
import { createPulses } from '../logs/stores/pulses.ts';
import { createAssetRoutes } from './assets.ts';
import type { DashboardDependencies, DashboardOptions } from './dependencies.ts';
import { addDeploymentPages } from './deployments/deployment.ts';
import { addEnvironmentPage } from './environment/environment.ts';
import { addGithubDeliveryPages } from './github/deliveries.ts';
import { addLogPage } from './log/log-page.ts';
import { addGithubLoginRoutes } from './github-login.ts';
import { addLoginRoutes } from './login.ts';
import { addNewProjectPage } from './projects/new-project.ts';
import { addNotificationsPage } from './notifications/notifications.ts';
import { addProjectDeletePage } from './projects/project-delete.ts';
import { addProjectDeploymentsPage } from './projects/project-deployments.ts';
import { addProjectOverview } from './projects/project-overview.ts';
import { addProjectSettingsPage } from './projects/project-settings.ts';
import { addProjectsPage } from './projects/projects.ts';
import { addSetupPages } from './setup/setup.ts';
import { addWebhookPage } from './notifications/webhook.ts';

/** The pages for people, with what they load and post to. Guards are the caller's. */
export function createDashboard(options: DashboardOptions): Hono<AppEnv> {
  const dependencies: DashboardDependencies = { ...options, pulses: createPulses(options.hints) };
  const app = new Hono<AppEnv>();
  app.route('/', createAssetRoutes());
  // Before login links, whose secrets are the rest of the same path.
  addGithubLoginRoutes(app, dependencies);
  addLoginRoutes(app, dependencies);
  addProjectsPage(app, dependencies);
  addDeploymentPages(app, dependencies);
  addLogPage(app, dependencies);
  addNewProjectPage(app, dependencies);
  addProjectOverview(app, dependencies);
  addProjectDeploymentsPage(app, dependencies);
  addEnvironmentPage(app, dependencies);
  addNotificationsPage(app, dependencies);
  addWebhookPage(app, dependencies);
  addProjectSettingsPage(app, dependencies);
  addProjectDeletePage(app, dependencies);
  addSetupPages(app, dependencies);
  addGithubDeliveryPages(app, dependencies);
  return app;
}
