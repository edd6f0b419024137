import { type ApiRoom, openApiRoom, TOKEN } from '../test/support/api-room.ts';
import { seededDeploymentId, seededSlug, seedProjects } from '../test/support/seed-projects.ts';
import { openTestServers } from '../test/support/test-servers.ts';

const SMALL_PROJECTS = 100;
const LARGE_PROJECTS = 10_000;
const DEPLOYMENTS_PER_PROJECT = 10;
const CONNECTIONS = 16;
const WARM_UP = 100;
const REQUESTS = 1000;
/** Coprime with all numbers of projects: one after another, all are asked for, far apart from each other. */
const STEP = 7919;

interface Site {
  readonly room: ApiRoom;
  readonly projects: number;
  readonly cookie: string;
}

/** A page's address for the project (from 1) that it is asked for. */
type Address = (project: number, projects: number) => string;

const PAGES: Record<string, Address> = {
  projects: () => '/',
  search: (project) => `/?q=${project}`,
  searchOften: () => '/?q=shop',
  project: (project) => `/projects/${seededSlug(project)}`,
  deployments: (project) => `/projects/${seededSlug(project)}/deployments`,
  settings: (project) => `/projects/${seededSlug(project)}/settings`,
  deployment: (project, projects) => `/deployments/${seededDeploymentId(projects * 9 + project)}`,
};

/**
 * How long each page takes, from the request to the last byte: the real app with all its guards and a person's
 * session, on a real PostgreSQL with 10,000 projects and 100,000 deployments. The peer is the same page at 100 projects
 * and 1,000 deployments, asked for in turns, so that whatever else the machine does meets both.
 */
export default async function benchPages(): Promise<Record<string, number>> {
  const servers = await openTestServers();
  const urls = { postgresUrl: await servers.postgresUrl(), clickHouseUrl: await servers.clickHouseUrl() };
  const open = (projects: number) => openSite(projects, urls);
  const [small, large] = [await open(SMALL_PROJECTS), await open(LARGE_PROJECTS)];
  try {
    const figures: Record<string, number> = {};
    for (const [name, address] of Object.entries(PAGES)) {
      await measure(small, large, address, WARM_UP);
      const times = await measure(small, large, address, REQUESTS);
      Object.assign(figures, figuresOf(name, times));
      console.log(sayFigures(name, figures));
    }
    const ratios = Object.keys(PAGES).map((name) => figures[`${name}P95TimesThatAt100`] ?? Number.NaN);
    return { ...figures, worstP95TimesThatAt100: Math.max(...ratios) };
  } finally {
    await small.room.dispose();
    await large.room.dispose();
    await servers.stop();
  }
}

async function openSite(
  projects: number,
  urls: { readonly postgresUrl: string; readonly clickHouseUrl: string },
): Promise<Site> {
  const room = await openApiRoom({ ...urls, maxConnections: CONNECTIONS });
  await seedProjects(room.db, { projects, deploymentsPerProject: DEPLOYMENTS_PER_PROJECT });
  const body = new URLSearchParams({ token: TOKEN });
  const answer = await fetch(urlOf(room, '/login'), { method: 'POST', body, redirect: 'manual' });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`signing in was answered with ${answer.status}`);
  return { room, projects, cookie };
}

interface Times {
  readonly small: readonly number[];
  readonly large: readonly number[];
}

async function measure(small: Site, large: Site, address: Address, count: number): Promise<Times> {
  const times: { small: number[]; large: number[] } = { small: [], large: [] };
  for (let index = 0; index < count; index += 1) {
    times.small.push(await request(small, address, index));
    times.large.push(await request(large, address, index));
  }
  return times;
}

/** Milliseconds. */
async function request({ room, projects, cookie }: Site, address: Address, index: number): Promise<number> {
  const url = urlOf(room, address(((index * STEP) % projects) + 1, projects));
  const startedAt = performance.now();
  const answer = await fetch(url, { headers: { accept: 'text/html', cookie }, redirect: 'manual' });
  await answer.text();
  const tookMs = performance.now() - startedAt;
  if (answer.status !== 200) throw new Error(`${url} was answered with ${answer.status}`);
  return tookMs;
}

function urlOf(room: ApiRoom, path: string): string {
  return `http://127.0.0.1:${room.server.port}${path}`;
}

function figuresOf(name: string, { small, large }: Times): Record<string, number> {
  const [peer, own] = [percentile(small, 0.95), percentile(large, 0.95)];
  return {
    [`${name}P50Ms`]: percentile(large, 0.5),
    [`${name}P95Ms`]: own,
    [`${name}P50MsAt100`]: percentile(small, 0.5),
    [`${name}P95MsAt100`]: peer,
    [`${name}P95TimesThatAt100`]: own / peer,
  };
}

function sayFigures(name: string, figures: Readonly<Record<string, number>>): string {
  const say = (key: string) => (figures[name + key] ?? Number.NaN).toFixed(2);
  return `${name}: p50 ${say('P50Ms')} ms, p95 ${say('P95Ms')} ms; at 100 projects ${say('P50MsAt100')} and ${say('P95MsAt100')} ms: ${say('P95TimesThatAt100')} x`;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
