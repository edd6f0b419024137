import type { Routes } from '../route.ts';
import { appRoutes } from './app.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { deploymentRoutes } from './deployments.ts';
import { manifestRoutes } from './manifest.ts';
import { pullRoutes } from './pulls.ts';
import { refRoutes } from './refs.ts';
import { repositoryRoutes } from './repositories.ts';
import { statusRoutes } from './statuses.ts';
import { userRoutes } from './users.ts';

/** Everything that is served; a test holds it to what openapi.json describes. */
export const allRoutes: Routes = {
  ...appRoutes,
  ...checkRoutes,
  ...commentRoutes,
  ...deploymentRoutes,
  ...manifestRoutes,
  ...pullRoutes,
  ...refRoutes,
  ...repositoryRoutes,
  ...statusRoutes,
  ...userRoutes,
};
