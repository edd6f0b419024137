import { z } from 'zod';
import { usageError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type Cell, renderTable } from '../output/table.ts';
import { plainText } from '../output/terminal-text.ts';
import { formatRelative } from '../output/words.ts';
import { askSecret, readInput } from '../prompt.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readProject } from '../server/find-project.ts';
import type { Call, Command, Session } from './command.ts';

const ENVIRONMENTS = ['production', 'preview'] as const;

const variableSchema = z.looseObject({
  name: z.string(),
  environment: z.string().nullable(),
  branch: z.string().nullable(),
  updatedAt: z.number(),
});
type Variable = z.infer<typeof variableSchema>;
const listSchema = z.looseObject({ items: z.array(variableSchema) });
const deletedSchema = z.looseObject({ deleted: z.literal(true) });

/** What can be done, by the word that says it. */
const ACTIONS = { list, set, import: importFile, remove } as const;
const ACTION_NAMES = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];

export const envCommand: Command = {
  name: 'env',
  about: 'List, set and remove environment variables of a project',
  details:
    'A value is asked for, or read from standard input: other users of this machine see command lines. Values are never shown again.',
  positionals: [
    { name: 'action', isRequired: true, about: ACTION_NAMES.join(', '), completion: ACTION_NAMES },
    { name: 'project', isRequired: true, about: 'the project', completion: 'project' },
    { name: 'name', isRequired: false, about: 'the variable, to set or remove it' },
  ],
  options: [
    {
      name: 'environment',
      short: 'e',
      value: 'environment',
      about: 'production or preview; both unless it is given',
      completion: ENVIRONMENTS,
    },
    { name: 'branch', short: 'b', value: 'branch', about: 'previews of this branch alone' },
  ],
  examples: [
    { command: 'offshoot env list my-site', about: 'names and places' },
    { command: 'offshoot env set my-site CMS_TOKEN -e production', about: 'asks for the value' },
    { command: 'offshoot env import my-site < .env', about: 'all of a file' },
    { command: 'offshoot env remove my-site CMS_TOKEN --branch content', about: 'of one branch' },
  ],
  run: runEnv,
};

interface Order {
  readonly client: ApiClient;
  readonly session: Session;
  readonly slug: string;
  /** Of the variables of the project. */
  readonly path: string;
  readonly name: string | undefined;
  readonly place: { readonly environment?: string; readonly branch?: string };
}

async function runEnv(call: Call, session: Session): Promise<number> {
  const [word = '', project = '', name] = call.positionals;
  const action = ACTION_NAMES.find((each) => each === word);
  if (action === undefined) throw usageError(`"${word}" is none of ${ACTION_NAMES.join(', ')}.`);
  const needsName = action === 'set' || action === 'remove';
  if (needsName !== (name !== undefined))
    throw usageError(needsName ? `Name the variable: offshoot env ${action} ${project} NAME` : TOO_MUCH);
  const place = readPlace(call);
  const client = await session.connect();
  const { slug } = await readProject(client, project);
  const path = `/api/projects/${slug}/environment-variables`;
  await ACTIONS[action]({ client, session, slug, path, name, place });
  return EXIT_CODES.ok;
}

const TOO_MUCH =
  'Only `set` and `remove` take the name of a variable. (A value is asked for, or read from standard input.)';

/** A branch means its previews: nobody has to say both. */
function readPlace(call: Call): Order['place'] {
  const branch = call.text('branch');
  const environment = call.text('environment') ?? (branch === undefined ? undefined : 'preview');
  if (environment !== undefined && !ENVIRONMENTS.some((each) => each === environment))
    throw usageError(`--environment is "${environment}": production or preview is expected.`);
  return { ...(environment !== undefined && { environment }), ...(branch !== undefined && { branch }) };
}

async function list({ client, session, slug, path, place }: Order): Promise<void> {
  const { printer, system } = session;
  const answer = await client.get(path, listSchema);
  const items = answer.items.filter((variable) => isIn(variable, place));
  if (printer.isJson) return printer.printJson({ ...answer, items });
  if (items.length === 0) return printer.say(`${slug} has no such environment variable.`);
  const dim = (text: string): Cell => ({ text, paint: (shown) => printer.paint('dim', shown) });
  const rows = items.map((variable) => [
    { text: plainText(variable.name), paint: (text: string) => printer.paint('bold', text) },
    { text: describePlace(variable) },
    { text: formatRelative(variable.updatedAt, system.now()) },
  ]);
  const table = renderTable([['NAME', 'BUILDS', 'SET'].map(dim), ...rows], printer.columns);
  for (const line of table) await printer.print(line);
}

function isIn({ environment, branch }: Variable, place: Order['place']): boolean {
  if (place.environment !== undefined && environment !== place.environment) return false;
  return place.branch === undefined || branch === place.branch;
}

async function set({ client, session, slug, path, name = '', place }: Order): Promise<void> {
  const { printer, system } = session;
  const value =
    system.input.isTTY === true ? await askSecret(`Value of ${name}: `, system) : await readInput(system);
  const variable = await client.send('PUT', `${path}/${encodeURIComponent(name)}`, variableSchema, {
    value,
    ...place,
  });
  if (printer.isJson) return printer.printJson(variable);
  await printer.print(`Set ${plainText(variable.name)} of ${slug} for ${describePlace(variable)}.`);
}

async function importFile({ client, session, slug, path, place }: Order): Promise<void> {
  const { printer, system } = session;
  if (system.input.isTTY === true)
    throw usageError(`Give the file on standard input: offshoot env import ${slug} < .env`);
  const answer = await client.send('POST', path, listSchema, { text: await readInput(system), ...place });
  if (printer.isJson) return printer.printJson(answer);
  const names = answer.items.map(({ name }) => plainText(name)).join(', ');
  await printer.print(`Set ${answer.items.length} environment variables of ${slug}: ${names}.`);
}

async function remove({ client, session, slug, path, name = '', place }: Order): Promise<void> {
  const { printer } = session;
  const query = new URLSearchParams(place).toString();
  const address = `${path}/${encodeURIComponent(name)}${query === '' ? '' : `?${query}`}`;
  const answer = await client.send('DELETE', address, deletedSchema);
  if (printer.isJson) return printer.printJson(answer);
  await printer.print(`Removed ${plainText(name)} of ${slug}.`);
}

function describePlace({ environment, branch }: Variable): string {
  if (branch !== null) return `previews of ${plainText(branch)}`;
  if (environment === null) return 'production and previews';
  return environment === 'preview' ? 'previews' : plainText(environment);
}
