import { z } from 'zod';
import { CliError, usageError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ask } from '../prompt.ts';
import { readProject } from '../server/find-project.ts';
import type { Call, Command, Session } from './command.ts';

const answerSchema = z.looseObject({ slug: z.string() });

export const deleteCommand: Command = {
  name: 'delete',
  about: 'Delete a project, its sites and its logs',
  details: 'Final. It asks for the name of the project; scripts say --yes.',
  positionals: [{ name: 'project', isRequired: true, about: 'its name', completion: 'project' }],
  options: [{ name: 'yes', about: 'do not ask' }],
  examples: [{ command: 'offshoot delete my-site', about: 'asks for the name first' }],
  run: deleteProject,
};

async function deleteProject(call: Call, session: Session): Promise<number> {
  const { printer } = session;
  const client = await session.connect();
  const { slug } = await readProject(client, call.positionals[0] ?? '');
  if (!call.isSet('yes')) await confirm(slug, session);
  const answer = await client.send('DELETE', `/api/projects/${slug}`, answerSchema);
  if (printer.isJson) await printer.printJson(answer);
  await printer.print(`Deleted ${slug}: its sites serve nothing any more.`);
  return EXIT_CODES.ok;
}

async function confirm(slug: string, { system, printer }: Session): Promise<void> {
  if (system.input.isTTY !== true || printer.isJson)
    throw usageError(`Deleting ${slug} is final, and nobody can be asked here: say --yes if it is meant.`);
  await printer.say(`This deletes ${slug}, all of its sites and logs. It can't be undone.`);
  if ((await ask(`Type ${slug} to go on: `, '', system)) === slug) return;
  throw new CliError('not_confirmed', 'That is not its name. Nothing was deleted.');
}
