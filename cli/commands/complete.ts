import { findServer } from '../connect.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { deploymentSchema, pageOf, projectSchema } from '../server/answers.ts';
import { type ApiClient, createApiClient } from '../server/api-client.ts';
import type { Call, Command, Session } from './command.ts';

/** As many as a person looks through. */
const LIMIT = 50;
/** Somebody waits for the answer in the middle of a line. */
const TIMEOUT_MS = 5000;

/** What the scripts of `offshoot completion` ask for while somebody presses Tab. */
export const completeCommand: Command = {
  name: 'complete',
  about: 'List what a word could be, for shells',
  isHidden: true,
  positionals: [{ name: 'kind', isRequired: true, about: 'project, deployment or project-or-deployment' }],
  options: [],
  examples: [],
  run: complete,
};

/** One word a line. Without an answer it says nothing: a shell that is completing has no place for errors. */
async function complete(call: Call, { system, flags, printer }: Session): Promise<number> {
  const [kind = ''] = call.positionals;
  try {
    const { url, token = '' } = await findServer(system, flags);
    const stop = AbortSignal.any([system.stop, AbortSignal.timeout(TIMEOUT_MS)]);
    const client = createApiClient({ url, token, stop });
    const projects = kind.includes('project') ? await listProjects(client) : [];
    const deployments = kind.includes('deployment') ? await listDeployments(client) : [];
    for (const word of [...projects, ...deployments]) await printer.print(word);
  } catch {
    return EXIT_CODES.failed;
  }
  return EXIT_CODES.ok;
}

async function listProjects(client: ApiClient): Promise<string[]> {
  const { items } = await client.get(`/api/projects?limit=${LIMIT}`, pageOf(projectSchema));
  return items.map(({ slug }) => slug).filter(isWord);
}

async function listDeployments(client: ApiClient): Promise<string[]> {
  const { items } = await client.get(`/api/deployments?limit=${LIMIT}`, pageOf(deploymentSchema));
  return items.map(({ id }) => id).filter(isWord);
}

/** Whatever a server answers becomes part of a command line. */
function isWord(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}
