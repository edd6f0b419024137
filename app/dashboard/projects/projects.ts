import type { Hono } from 'hono';
import { html } from 'hono/html';
import { isProjectSlug } from '../../../contracts/host.ts';
import { listLatestOfProjects, listNewestOfAll } from '../../db/deployment-lines.ts';
import { listProjectsWithProduction, type ListedProject, searchProjects } from '../../db/project-listing.ts';
import type { VisibleRepositories } from '../../db/visible-projects.ts';
import { searchWordsOf } from '../../domain/search-words.ts';
import { isFinal } from '../../domain/transition.ts';
import { createdPosition, pageOf, parseCreatedCursor } from '../../http/cursor.ts';
import { visibleTo } from '../../http/access.ts';
import { isAdministrator } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { renderFirstSite } from './first-site.ts';
import type { Html } from '../html.ts';
import { addPage } from '../page.ts';
import { type DeploymentLine, deploymentLineOf, renderDeploymentRow } from '../parts/deployment-row.ts';
import { lastActivityOf, type ProjectCard, projectCardOf, renderProjectCard } from './project-card.ts';

const PROJECTS_A_PAGE = 30;
const DEPLOYMENTS_A_PROJECT = 3;
/** Of all projects, shown where these have more than one page. */
const NEWEST_DEPLOYMENTS = 6;
const MAX_SEARCH_LENGTH = 100;

interface Asked {
  readonly search: string;
  readonly after: string | undefined;
  /** The slug of a project whose deletion was asked for a moment ago. */
  readonly deleted: string | undefined;
  readonly visible: VisibleRepositories;
}

interface ProjectsData {
  readonly asked: Omit<Asked, 'visible'>;
  readonly cards: readonly ProjectCard[];
  readonly next: string | null;
  readonly newest: readonly { readonly line: DeploymentLine; readonly project: string }[];
  /** Whether pushes can deploy at all. */
  readonly hasGithubApp: boolean;
  /** Others add no projects, and are shown those of their repositories. */
  readonly isAdministrator: boolean;
}

/** The first page: all projects with their production state and their last deployments. */
export function addProjectsPage(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  addPage(
    app,
    {
      path: '/',
      load: async (context) => {
        const { after, deleted, q = '' } = context.req.query();
        const search = q.slice(0, MAX_SEARCH_LENGTH).trim();
        const asked = { search, after, deleted, visible: visibleTo(context) };
        const projects = await loadProjects(asked, dependencies);
        return { ...projects, isAdministrator: isAdministrator(context.get('caller')) };
      },
      render: (data, now) => ({
        title: data.asked.search === '' ? 'Projects' : `${data.asked.search} · Projects`,
        icon: isBusy(data.cards) ? 'busy' : 'plain',
        main: renderProjects(data, now),
      }),
    },
    dependencies,
  );
}

async function loadProjects(
  { visible, ...asked }: Asked,
  { db, domain, github }: DashboardDependencies,
): Promise<Omit<ProjectsData, 'isAdministrator'>> {
  const rows = await readPage({ ...asked, visible }, db);
  const { items, next } = pageOf(
    rows,
    PROJECTS_A_PAGE,
    (row) => row,
    (row) => createdPosition(row.project),
  );
  const ids = items.map(({ project }) => project.id);
  const latest = await listLatestOfProjects(db, ids, DEPLOYMENTS_A_PROJECT);
  const cards = items.map((row) => projectCardOf(row, latest.get(row.project.id) ?? [], domain));
  const isFirst = asked.search === '' && asked.after === undefined;
  const newest = isFirst && next !== null ? await listNewestOfAll(db, NEWEST_DEPLOYMENTS, visible) : [];
  return {
    asked,
    cards: isFirst && next === null ? byActivity(cards) : cards,
    next,
    newest: newest.map(({ line, project }) => ({ line: deploymentLineOf(line), project: project.name })),
    hasGithubApp: (await github.read()).state === 'ready',
  };
}

async function readPage(
  { search, after, visible }: Asked,
  db: DashboardDependencies['db'],
): Promise<ListedProject[]> {
  const limit = PROJECTS_A_PAGE + 1;
  if (search === '') {
    return listProjectsWithProduction(db, { after: parseCreatedCursor(after ?? ''), visible, limit });
  }
  const words = searchWordsOf(search);
  return searchProjects(db, { slug: search.toLowerCase(), words, visible, limit });
}

/**
 * What people expect, as long as all projects are on one page. Of thousands the newest come first: to keep an index of
 * activity, each deployment would have to write to its project's row, which all deployments of it share a lock on.
 * There the newest deployments stand above the list instead.
 */
function byActivity(cards: readonly ProjectCard[]): ProjectCard[] {
  return cards.toSorted((one, other) => lastActivityOf(other) - lastActivityOf(one));
}

function isBusy(cards: readonly ProjectCard[]): boolean {
  return cards.some(({ latest }) => latest.some(({ status }) => !isFinal(status) && status !== 'blocked'));
}

function renderProjects(data: ProjectsData, now: number): Html {
  const { asked, cards, isAdministrator } = data;
  const isEmpty = cards.length === 0 && asked.search === '' && asked.after === undefined;
  return html`${renderDeleted(asked)}
    <div data-region="head">${isEmpty ? '' : renderHead(data)}</div>
    <div data-region="projects">${isEmpty ? renderEmpty(data) : renderList(data, now)}</div>
    <div data-region="github">${data.hasGithubApp || !isAdministrator ? '' : renderNoGithubApp()}</div>`;
}

function renderEmpty({ isAdministrator }: ProjectsData): Html {
  return isAdministrator ? renderFirstSite() : NOTHING_TO_SEE;
}

const NOTHING_TO_SEE = html`<section class="narrow">
  <h1>No projects to see yet</h1>
  <p>
    You are shown the projects of the repositories that the GitHub App is installed on and that your account
    at GitHub is a member of. A new one shows up here within five minutes.
  </p>
</section>`;

/** What is missing, without standing in the way of who does not want it. */
function renderNoGithubApp(): Html {
  return html`<p class="faint">
    There is no GitHub App, so pushes don’t deploy by themselves and pull requests show nothing.
    <a href="/setup">Connect GitHub</a>
  </p>`;
}

function renderDeleted({ deleted }: ProjectsData['asked']): Html | '' {
  if (deleted === undefined || !isProjectSlug(deleted)) return '';
  return html`<p class="notice ready" role="status">
    ${deleted} is deleted: its sites are gone, its files and logs are being removed.
  </p>`;
}

function renderHead({ asked: { search }, isAdministrator }: ProjectsData): Html {
  return html`<div class="head">
    <h1>Projects</h1>
    <form class="search" method="get" action="/" role="search">
      <input
        type="search"
        name="q"
        value="${search}"
        maxlength="${MAX_SEARCH_LENGTH}"
        aria-label="Find projects by name"
        placeholder="Find by name"
      />
      <button>Find</button>
    </form>
    ${isAdministrator ? html`<a class="button primary" href="/new">New project</a>` : ''}
  </div>`;
}

function renderList({ asked, cards, next, newest }: ProjectsData, now: number): Html {
  if (cards.length === 0) return renderNothingFound(asked);
  return html`${newest.length === 0 ? '' : renderNewest(newest, now)}
    <ul class="cards">
      ${cards.map((card) => renderProjectCard(card, now))}
    </ul>
    ${renderPages(asked, next)}`;
}

function renderNewest(newest: ProjectsData['newest'], now: number): Html {
  return html`<section>
    <h2>Latest deployments</h2>
    <ul class="deployments card flush">
      ${newest.map(({ line, project }) => renderDeploymentRow(line, now, { project }))}
    </ul>
    <h2>All projects, the newest first</h2>
  </section>`;
}

function renderNothingFound({ search }: ProjectsData['asked']): Html {
  if (search === '')
    return html`<p class="empty">There are no more projects. <a href="/">To the first ones</a></p>`;
  return html`<p class="empty">
    No project has words that begin with “${search}” in its name or address. <a href="/">All projects</a>
  </p>`;
}

function renderPages({ search, after }: ProjectsData['asked'], next: string | null): Html | '' {
  if (search !== '') {
    const more = `These are the first ${PROJECTS_A_PAGE}. Type more of the name to find others.`;
    return html`<p class="faint">${next === null ? '' : more} <a href="/">All projects</a></p>`;
  }
  return html`<nav class="pages" aria-label="Pages">
    ${after === undefined ? '' : html`<a class="button" href="/">First page</a>`}
    ${next === null ? '' : html`<a class="button" href="/?after=${next}">Older projects</a>`}
  </nav>`;
}
