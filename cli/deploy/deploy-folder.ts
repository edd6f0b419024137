import { access } from 'node:fs/promises';
import path from 'node:path';
import { announceDeployment } from '../announce-deployment.ts';
import { CliError, usageError } from '../cli-error.ts';
import type { Session } from '../commands/command.ts';
import { plainText } from '../output/terminal-text.ts';
import { begunUploadSchema, type Project, projectSchema } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { findProject } from '../server/find-project.ts';
import { type DeployOptions, namesOfSettings } from './deploy-options.ts';
import { describeFolder } from './describe-folder.ts';
import { nameOfFolder, planProjectChanges, slugOfName } from './plan-project.ts';

/** Uploads a folder as it is. Its project is found by the folder's name, or made. */
export async function deployFolder(
  folder: string,
  options: DeployOptions,
  session: Session,
): Promise<number> {
  const { printer, system } = session;
  checkOptions(options);
  const client = await session.connect();
  const project = await findOrCreateProject(client, folder, options, session);
  if (await looksLikeSource(folder)) {
    await printer.say(
      `${folder} has a package.json: its files are published as they are, nothing is built. If you have built it, name the folder of the output.`,
    );
  }
  const { commit, message } = await describeFolder(folder, system);
  const path = `/api/projects/${project.slug}/uploads`;
  const body = { branch: options.branch, commit, message };
  const begun = await client.send('POST', path, begunUploadSchema, body);
  const { deployment } = begun;
  await printer.say(`Uploading ${folder} to ${printer.paintWords('bold', project.slug)}: ${deployment.id}`);
  // Read only now: no other command needs the rooms behind it, and each would start later for them.
  const { uploadTo } = await import('./upload-to.ts');
  const isPublished = await uploadTo(session, client, begun, folder, options);
  // It is live a moment after; its log was shown while it was written.
  return announceDeployment(session, client, deployment, {
    isWaiting: options.isWaiting || !isPublished,
    isQuiet: true,
  });
}

function checkOptions(options: DeployOptions): void {
  if (options.ref !== undefined)
    throw usageError(
      '--ref names a commit to build, and a folder is not built: --branch says what it is uploaded as.',
    );
  const [setting] = namesOfSettings(options);
  if (setting !== undefined)
    throw usageError(`${setting} is about a build, and a folder is published as it is.`);
}

async function findOrCreateProject(
  client: ApiClient,
  folder: string,
  options: DeployOptions,
  { printer }: Session,
): Promise<Project> {
  const name = options.name ?? options.project ?? nameOfFolder(folder);
  const slug = options.project ?? slugOfName(name);
  if (slug === undefined)
    throw usageError(`Nothing of "${name}" can stand in an address: give a name with --project.`);
  const found = await findProject(client, slug);
  if (found !== undefined) return checkProject(client, found, options);
  const { productionBranch } = options;
  const body = { name, slug, productionBranch };
  const project = await client.send('POST', '/api/projects', projectSchema, body);
  await printer.say(`Made the project ${printer.paintWords('bold', project.slug)}.`);
  return project;
}

/** A folder must not replace the site of a repository because it happens to have its name. */
async function checkProject(client: ApiClient, project: Project, options: DeployOptions): Promise<Project> {
  const { slug, gitUrl } = project;
  if (gitUrl !== null && options.project === undefined) {
    throw new CliError(
      'other_repository',
      `The project ${slug} is built from ${plainText(gitUrl)}. To upload to it nevertheless: --project ${slug}. For a project of its own: --name "another name".`,
    );
  }
  const plan = planProjectChanges(project, undefined, options);
  if (!plan.ok || Object.keys(plan.changes).length === 0) return project;
  return client.send('PATCH', `/api/projects/${slug}`, projectSchema, plan.changes);
}

async function looksLikeSource(folder: string): Promise<boolean> {
  return access(path.join(folder, 'package.json')).then(
    () => true,
    () => false,
  );
}
