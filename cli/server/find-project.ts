import { isId } from '../../contracts/ids.ts';
import { isProjectSlug, parseLabel } from '../../contracts/host.ts';
import { CliError, usageError } from '../cli-error.ts';
import { type Deployment, deploymentSchema, pageOf, type Project, projectSchema } from './answers.ts';
import type { ApiClient } from './api-client.ts';

/** The project of a slug; undefined when there is none. */
export async function findProject(client: ApiClient, slug: string): Promise<Project | undefined> {
  return absent('project_not_found', client.get(`/api/projects/${encodeURIComponent(slug)}`, projectSchema));
}

/** A project that must be there. */
export async function readProject(client: ApiClient, slug: string): Promise<Project> {
  if (!isProjectSlug(slug)) throw usageError(`"${slug}" is no project: \`offshoot list\` shows their names.`);
  return client.get(`/api/projects/${slug}`, projectSchema);
}

/** A deployment by its id, or by the address of its own host. */
export async function readDeployment(client: ApiClient, name: string): Promise<Deployment> {
  const id = deploymentIdOf(name);
  if (id !== undefined) return client.get(`/api/deployments/${id}`, deploymentSchema);
  const hint = isProjectSlug(name) ? ` \`offshoot list ${name}\` shows those of a project.` : '';
  throw usageError(`"${name}" is no id of a deployment: an id is 20 letters and digits.${hint}`);
}

/** What is named is a deployment's id or address, or a project's slug. */
export async function readProjectOrDeployment(
  client: ApiClient,
  name: string,
): Promise<{ readonly project: Project } | { readonly deployment: Deployment }> {
  const id = deploymentIdOf(name);
  // A slug may look like an id.
  if (id !== undefined) {
    const deployment = await absent(
      'deployment_not_found',
      client.get(`/api/deployments/${id}`, deploymentSchema),
    );
    if (deployment !== undefined) return { deployment };
  }
  const project = isProjectSlug(name) ? await findProject(client, name) : undefined;
  if (project !== undefined) return { project };
  throw new CliError(
    'not_found',
    `There is no project and no deployment "${name}". \`offshoot list\` shows the projects, \`offshoot list <project>\` the deployments of one.`,
  );
}

/** The newest deployment of a project, or of one of its branches. */
export async function readNewestDeployment(
  client: ApiClient,
  project: Project,
  branch: string | undefined,
): Promise<Deployment> {
  const filter = branch === undefined ? '' : `&branch=${encodeURIComponent(branch)}`;
  const path = `/api/projects/${project.slug}/deployments?limit=1${filter}`;
  const [newest] = (await client.get(path, pageOf(deploymentSchema))).items;
  if (newest !== undefined) return newest;
  const of = branch === undefined ? project.slug : `the branch "${branch}" of ${project.slug}`;
  throw new CliError('deployment_not_found', `There is no deployment of ${of} yet.`);
}

function deploymentIdOf(name: string): string | undefined {
  if (isId(name)) return name;
  if (!/^https?:\/\//.test(name) || !URL.canParse(name)) return undefined;
  const label = parseLabel(new URL(name).hostname.split('.')[0] ?? '');
  return label?.kind === 'deployment' ? label.deploymentId : undefined;
}

/** Undefined in place of the refusal that says that there is none. */
async function absent<Found>(code: string, reading: Promise<Found>): Promise<Found | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof CliError && error.code === code) return undefined;
    throw error;
  });
}
