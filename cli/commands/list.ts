import { usageError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { describeSource, elapsedOf, lookOf } from '../output/deployment-words.ts';
import type { Printer } from '../output/printer.ts';
import { type Cell, renderTable } from '../output/table.ts';
import { plainText } from '../output/terminal-text.ts';
import { formatElapsed, formatRelative } from '../output/words.ts';
import {
  aliasSchema,
  type Deployment,
  deploymentSchema,
  pageOf,
  type Project,
  projectSchema,
} from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readProject } from '../server/find-project.ts';
import { listItems, type Listed } from '../server/list-items.ts';
import type { Call, Command, Session } from './command.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

export const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  about: 'List projects, or the deployments of one',
  details: 'Newest first.',
  positionals: [
    {
      name: 'project',
      isRequired: false,
      about: 'list the deployments of this project',
      completion: 'project',
    },
  ],
  options: [
    { name: 'branch', short: 'b', value: 'branch', about: 'only deployments of this branch' },
    {
      name: 'status',
      value: 'status',
      about: 'only deployments of this status: ready, failed, building, queued, canceled, …',
      completion: ['ready', 'failed', 'building', 'queued', 'launching', 'canceled', 'superseded'],
    },
    { name: 'limit', short: 'n', value: 'count', about: `how many at most (${DEFAULT_LIMIT})` },
  ],
  examples: [
    { command: 'offshoot list', about: 'all projects and how they are' },
    { command: 'offshoot list my-site --status failed', about: 'what failed' },
    { command: "offshoot list my-site --json | jq -r '.items[0].urls.deployment'", about: 'for scripts' },
  ],
  run: list,
};

async function list(call: Call, session: Session): Promise<number> {
  const limit = parseLimit(call.text('limit'));
  const [slug] = call.positionals;
  const filters = { branch: call.text('branch'), status: call.text('status') };
  if (slug === undefined && (filters.branch ?? filters.status) !== undefined)
    throw usageError('--branch and --status go with a project: `offshoot list <project> --branch main`.');
  const client = await session.connect();
  if (slug === undefined) await listProjects(client, session, limit);
  else await listDeployments(client, session, await readProject(client, slug), { limit, filters });
  return EXIT_CODES.ok;
}

async function listProjects(client: ApiClient, { printer, system }: Session, limit: number): Promise<void> {
  const listed = await listItems(client, '/api/projects', {}, projectSchema, limit);
  if (printer.isJson) return printer.printJson(listed);
  if (listed.items.length === 0) {
    return printer.say('There is no project yet. `offshoot deploy <git-url>` makes the first one.');
  }
  const newest = await Promise.all(listed.items.map(({ slug }) => readNewest(client, slug)));
  const rows = listed.items.map((project, index) =>
    projectRow(project, newest[index], printer, system.now()),
  );
  await printTable(printer, ['PROJECT', 'LAST DEPLOYMENT', 'SITE', 'REPOSITORY'], rows);
  await sayMore(printer, listed, limit);
}

async function readNewest(client: ApiClient, slug: string): Promise<Deployment | undefined> {
  // A project that is deleted at this moment has none.
  const page = await client
    .get(`/api/projects/${slug}/deployments?limit=1`, pageOf(deploymentSchema))
    .catch(() => undefined);
  return page?.items[0];
}

function projectRow(project: Project, newest: Deployment | undefined, printer: Printer, now: number): Cell[] {
  const last =
    newest === undefined
      ? { text: '– none' }
      : statusCell(newest, printer, ` ${formatRelative(newest.createdAt, now)}`);
  return [
    { text: project.slug, paint: (text) => printer.paint('bold', text) },
    last,
    { text: plainText(project.url) },
    { text: plainText(project.gitUrl ?? 'uploaded folders'), paint: (text) => printer.paint('dim', text) },
  ];
}

async function listDeployments(
  client: ApiClient,
  { printer, system }: Session,
  { slug }: Project,
  { limit, filters }: { readonly limit: number; readonly filters: Record<string, string | undefined> },
): Promise<void> {
  const listed = await listItems(
    client,
    `/api/projects/${slug}/deployments`,
    filters,
    deploymentSchema,
    limit,
  );
  if (printer.isJson) return printer.printJson(listed);
  if (listed.items.length === 0) return printer.say(`${slug} has no such deployment.`);
  const aliases = await client.get(`/api/projects/${slug}/aliases?kind=production`, pageOf(aliasSchema));
  const live = aliases.items.find(({ state }) => state === 'live')?.deploymentId;
  const rows = listed.items.map((each) => deploymentRow(each, each.id === live, printer, system.now()));
  await printTable(printer, ['DEPLOYMENT', 'STATUS', 'TOOK', 'WHEN', 'WHAT'], rows);
  await sayMore(printer, listed, limit);
}

function deploymentRow(deployment: Deployment, isLive: boolean, printer: Printer, now: number): Cell[] {
  const { id, createdAt, startedAt } = deployment;
  return [
    { text: id },
    statusCell(deployment, printer, isLive ? ' (production)' : ''),
    { text: startedAt === null ? '–' : formatElapsed(elapsedOf(deployment, now)) },
    { text: formatRelative(createdAt, now) },
    { text: describeSource(deployment) },
  ];
}

function statusCell({ status }: Deployment, printer: Printer, more: string): Cell {
  const { mark, style } = lookOf(status);
  return { text: `${mark} ${plainText(status)}${more}`, paint: (text) => printer.paint(style, text) };
}

async function printTable(
  printer: Printer,
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const head = titles.map((text) => ({ text, paint: (text: string) => printer.paint('dim', text) }));
  for (const line of renderTable([head, ...rows], printer.columns)) await printer.print(line);
}

async function sayMore(printer: Printer, { items, next }: Listed<unknown>, limit: number): Promise<void> {
  if (next === null || !printer.isResultShown) return;
  await printer.say(`The newest ${items.length}. More: --limit ${Math.min(limit * 5, MAX_LIMIT)}`);
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw usageError(`--limit is "${text}": a number from 1 to ${MAX_LIMIT} is expected.`);
}
