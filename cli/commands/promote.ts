import { EXIT_CODES } from '../exit-codes.ts';
import { describeSource } from '../output/deployment-words.ts';
import { plainText } from '../output/terminal-text.ts';
import { formatRelative } from '../output/words.ts';
import { aliasSchema, type Deployment, deploymentSchema, pageOf } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readDeployment } from '../server/find-project.ts';
import type { Call, Command, Session } from './command.ts';

export const promoteCommand: Command = {
  name: 'promote',
  aliases: ['rollback'],
  about: 'Let production serve this deployment: a newer one, or an older one to roll back',
  details:
    'Nothing is built. Deployments that were asked for before do not move production any more; the next one does.',
  positionals: [
    { name: 'deployment', isRequired: true, about: 'its id or address', completion: 'deployment' },
  ],
  options: [],
  examples: [
    { command: 'offshoot promote k3v9x0p2m7q4w8z1c5b6', about: 'production serves this preview' },
    { command: 'offshoot list my-site --status ready', about: 'what could be rolled back to' },
  ],
  run: promote,
};

async function promote(call: Call, { system, printer, connect }: Session): Promise<number> {
  const client = await connect();
  const wanted = await readDeployment(client, call.positionals[0] ?? '');
  const before = await readProduction(client, wanted.project.slug);
  const promoted = await client.send('POST', `/api/deployments/${wanted.id}/promote`, deploymentSchema);
  const after = await readProduction(client, wanted.project.slug);
  if (printer.isJson) {
    await printer.printJson({ deployment: promoted, previous: before.deployment?.id ?? null });
    return EXIT_CODES.ok;
  }
  for (const line of describeMove(before.deployment, promoted, after.url, system.now()))
    await printer.print(line);
  return EXIT_CODES.ok;
}

interface Production {
  readonly url: string | undefined;
  /** Undefined while it serves none, or one that is not kept any more. */
  readonly deployment: Deployment | undefined;
}

async function readProduction(client: ApiClient, slug: string): Promise<Production> {
  const page = await client.get(`/api/projects/${slug}/aliases?kind=production`, pageOf(aliasSchema));
  const [alias] = page.items;
  if (alias === undefined || alias.deploymentId === null || alias.state !== 'live')
    return { url: alias?.url, deployment: undefined };
  const path = `/api/deployments/${alias.deploymentId}`;
  return { url: alias.url, deployment: await client.get(path, deploymentSchema).catch(() => undefined) };
}

/** What moved, in words: from where to where, and which way in time. */
export function describeMove(
  before: Deployment | undefined,
  after: Deployment,
  url: string | undefined,
  now: number,
): string[] {
  const site = plainText(url ?? `Production of ${after.project.slug}`);
  if (before?.id === after.id) return [`${site} served this deployment already. Nothing moved.`];
  const describe = (deployment: Deployment) =>
    `${deployment.id}  ${describeSource(deployment)}  (${formatRelative(deployment.createdAt, now)})`;
  const isBack = before !== undefined && after.createdAt < before.createdAt;
  const lines = [`${site} ${isBack ? 'is rolled back' : 'moved'}.`];
  if (before !== undefined) lines.push(`  from  ${describe(before)}`);
  lines.push(`  to    ${describe(after)}`);
  if (before !== undefined) lines.push(`  Back again: offshoot promote ${before.id}`);
  return lines;
}
