import { CliError, usageError } from '../cli-error.ts';
import { announceDeployment } from '../announce-deployment.ts';
import type { Session } from '../commands/command.ts';
import { plainText } from '../output/terminal-text.ts';
import { formatChoice } from '../output/words.ts';
import { deploymentSchema, pageOf, type Project, projectSchema } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { findProject, readProject } from '../server/find-project.ts';
import { queryOf } from '../server/list-items.ts';
import type { DeployOptions } from './deploy-options.ts';
import { planProjectChanges, splitCredentials } from './plan-project.ts';

/** Deploys a repository: its project is found by the URL, or made. */
export async function deployRepository(
  gitUrl: string,
  options: DeployOptions,
  session: Session,
): Promise<number> {
  const client = await session.connect();
  const found = await findProjectOf(client, gitUrl, options.project);
  const project =
    found === undefined
      ? await createProject(client, gitUrl, options, session)
      : await updateProject(client, found, gitUrl, options, session);
  return deployRef(client, project, options, session);
}

/** Deploys a project that exists, from the repository that it has. */
export async function deployProject(slug: string, options: DeployOptions, session: Session): Promise<number> {
  const client = await session.connect();
  const project = await readProject(client, slug);
  if (project.gitUrl === null)
    throw usageError(
      `${slug} has no repository: \`offshoot deploy <folder> --project ${slug}\` uploads to it.`,
    );
  return deployRef(
    client,
    await updateProject(client, project, undefined, options, session),
    options,
    session,
  );
}

async function deployRef(
  client: ApiClient,
  { slug, productionBranch }: Project,
  options: DeployOptions,
  session: Session,
): Promise<number> {
  const ref = options.branch ?? options.ref;
  const path = `/api/projects/${slug}/deployments`;
  const deployment = await client.send('POST', path, deploymentSchema, ref === undefined ? {} : { ref });
  const { printer } = session;
  await printer.say(
    `Deploying ${plainText(ref ?? productionBranch)} of ${printer.paintWords('bold', slug)}: ${deployment.id}`,
  );
  return announceDeployment(session, client, deployment, options);
}

/** The project that is named, or the only one that has this repository. */
async function findProjectOf(
  client: ApiClient,
  gitUrl: string,
  slug: string | undefined,
): Promise<Project | undefined> {
  if (slug !== undefined) return findProject(client, slug);
  // Credentials stay out of addresses: those are written into logs on the way.
  const query = queryOf({ gitUrl: splitCredentials(gitUrl).url, limit: '100' });
  const { items } = await client.get(`/api/projects?${query}`, pageOf(projectSchema));
  if (items.length < 2) return items[0];
  const names = items.map(({ slug }) => slug);
  throw new CliError(
    'ambiguous',
    `${names.length} projects have this repository. Say which one is meant: --project ${formatChoice(names)}`,
  );
}

async function createProject(
  client: ApiClient,
  gitUrl: string,
  options: DeployOptions,
  { printer }: Session,
): Promise<Project> {
  const { project: slug, name, productionBranch, settings } = options;
  const body = { gitUrl, name, slug, productionBranch, settings };
  const project = await client.send('POST', '/api/projects', projectSchema, body);
  await printer.say(`Made the project ${printer.paintWords('bold', project.slug)}.`);
  return project;
}

async function updateProject(
  client: ApiClient,
  project: Project,
  gitUrl: string | undefined,
  options: DeployOptions,
  { printer }: Session,
): Promise<Project> {
  const plan = planProjectChanges(project, gitUrl, options);
  if (!plan.ok) throw new CliError('other_repository', plan.message);
  const names = Object.keys(plan.changes);
  if (names.length === 0) return project;
  const changed = await client.send('PATCH', `/api/projects/${project.slug}`, projectSchema, plan.changes);
  await printer.say(`Changed of ${printer.paintWords('bold', project.slug)}: ${names.join(', ')}.`);
  return changed;
}
