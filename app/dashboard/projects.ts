import type { Hono } from 'hono';
import { html } from 'hono/html';
import { listProjects } from '../db/projects.ts';
import type { AppEnv } from '../http/guards.ts';
import type { DashboardDependencies } from './dependencies.ts';
import { addPage } from './page.ts';
import { renderTime } from './parts/time.ts';

const PROJECTS_A_PAGE = 30;

/** The first page: all projects with their production state. */
export function addProjectsPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addPage(
    app,
    {
      path: '/',
      load: async () => listProjects(dependencies.db, { after: undefined, limit: PROJECTS_A_PAGE }),
      render: (projects, now) => ({
        title: 'Projects',
        main: html`<div class="head"><h1>Projects</h1></div>
          <ul class="rows" data-region="projects">
            ${projects.map(
              (project) =>
                html`<li>
                  <a class="grow" href="/projects/${project.slug}">${project.name}</a>
                  ${renderTime(new Date(project.createdAt).getTime(), now)}
                </li>`,
            )}
          </ul>`,
      }),
    },
    dependencies,
  );
}
