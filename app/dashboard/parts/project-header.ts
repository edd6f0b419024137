import { html } from 'hono/html';
import { type SiteDomain, siteUrl } from '../../../contracts/site-domain.ts';
import { productionAliasOf } from '../../domain/deployment-urls.ts';
import type { Html } from '../html.ts';

/** What the head of a project's pages shows. */
export interface ProjectHead {
  readonly slug: string;
  readonly name: string;
  /** Its production site, whether or not something is there yet. */
  readonly url: string;
  /** Whether the pages of settings and secrets are offered. */
  readonly mayManage: boolean;
}

const TABS = {
  overview: { name: 'Overview', path: '', isSettings: false },
  deployments: { name: 'Deployments', path: '/deployments', isSettings: false },
  environment: { name: 'Environment', path: '/environment', isSettings: true },
  notifications: { name: 'Notifications', path: '/notifications', isSettings: true },
  settings: { name: 'Settings', path: '/settings', isSettings: true },
} as const;
export type ProjectTab = keyof typeof TABS;

export function projectHeadOf(
  { slug, name }: { readonly slug: string; readonly name: string },
  domain: SiteDomain,
  mayManage = true,
): ProjectHead {
  return { slug, name, url: siteUrl(productionAliasOf({ slug }).label, domain), mayManage };
}

/** The head of each page of a project: where one is, its name, its site, and its other pages. */
export function renderProjectHeader(project: ProjectHead, active: ProjectTab): Html {
  return html`<nav class="crumbs" aria-label="Where you are"><a href="/">Projects</a> / ${project.slug}</nav>
    <div class="head">
      <h1>${project.name}</h1>
      <a class="button" href="${project.url}">Open site <span aria-hidden="true">↗</span></a>
    </div>
    <nav class="tabs" aria-label="Project">
      ${tabsOf(project).map(
        ([tab, { name, path }]) =>
          html`<a href="/projects/${project.slug}${path}" ${tab === active ? html`aria-current="page"` : ''}
            >${name}</a
          >`,
      )}
    </nav>`;
}

function tabsOf({ mayManage }: ProjectHead) {
  return Object.entries(TABS).filter(([, { isSettings }]) => mayManage || !isSettings);
}
