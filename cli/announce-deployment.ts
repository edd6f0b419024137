import { CliError, type Interrupted } from './cli-error.ts';
import type { Session } from './commands/command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { describeEnd, lookOf } from './output/deployment-words.ts';
import { createLogPrinter } from './output/log-printer.ts';
import type { Printer } from './output/printer.ts';
import { plainText } from './output/terminal-text.ts';
import { formatElapsed } from './output/words.ts';
import { aliasSchema, type Deployment, deploymentSchema, type LogLine, pageOf } from './server/answers.ts';
import type { ApiClient } from './server/api-client.ts';
import { followLog } from './server/follow-log.ts';

/** What a phase is called while it runs. */
const ACTIVITIES: Readonly<Record<string, string>> = {
  deploy: 'Waiting for its turn',
  checkout: 'Checking out',
  install: 'Installing',
  build: 'Building',
  publish: 'Publishing',
};

interface WatchOptions {
  /** Only how it ends. */
  readonly isQuiet: boolean;
}

/** A deployment that was asked for a moment ago: watched, or only named when nobody wants to wait. */
export async function announceDeployment(
  session: Session,
  client: ApiClient,
  deployment: Deployment,
  { isWaiting, isQuiet }: WatchOptions & { readonly isWaiting: boolean },
): Promise<number> {
  const { printer } = session;
  if (printer.isJson) await printer.printJson({ event: 'deployment', deployment });
  if (isWaiting) return watchDeployment(session, client, deployment, { isQuiet });
  await printer.print(deployment.id);
  await printer.say(printer.paintWords('dim', `Follow it: offshoot logs --follow ${deployment.id}`));
  return EXIT_CODES.ok;
}

/**
 * Shows the log of a deployment until it ends, then how it ended and where it is served. Returns the exit code: 0 for
 * ready. After Ctrl-C the deployment goes on, which is said.
 */
async function watchDeployment(
  session: Session,
  client: ApiClient,
  deployment: Deployment,
  options: WatchOptions,
): Promise<number> {
  const { printer, system } = session;
  try {
    await showLog(session, client, deployment, options);
    const ended = await client.get(`/api/deployments/${deployment.id}`, deploymentSchema);
    printer.show(undefined);
    return await reportEnd(session, client, ended);
  } catch (error) {
    printer.show(undefined);
    if (system.stop.aborted)
      await sayItGoesOn(printer, deployment, (system.stop.reason as Interrupted).signal);
    else if (error instanceof CliError && error.exitCode === EXIT_CODES.unreachable)
      await printer.say(`The deployment may go on without us.\n${howToGoOn(deployment)}`);
    throw error;
  }
}

async function showLog(
  { printer, system }: Session,
  client: ApiClient,
  deployment: Deployment,
  { isQuiet }: WatchOptions,
): Promise<void> {
  const startedAt = system.now();
  const showActivity = (activity: string) =>
    printer.show(() => `${activity} · ${formatElapsed(system.now() - startedAt)}`);
  const print = createLinePrinter(printer, isQuiet);
  let phase = 'deploy';
  showActivity('Waiting for its turn');
  for await (const event of followLog(client, deployment.id, system)) {
    switch (event.kind) {
      case 'line':
        if (event.line.phase !== phase) showActivity(ACTIVITIES[event.line.phase] ?? 'Working');
        phase = event.line.phase;
        await print(event.line);
        break;
      case 'delayed':
        await printer.say('The log is late: its store is out of reach. The deployment goes on.');
        break;
      case 'lost':
        await printer.say('The connection is lost; trying again…');
        break;
      case 'result':
        if ((event.result.missing ?? 0) > 0)
          await printer.say(`${event.result.missing} lines of the log are missing.`);
    }
  }
}

function createLinePrinter(printer: Printer, isQuiet: boolean): (line: LogLine) => Promise<void> {
  if (isQuiet) return async () => {};
  if (printer.isJson) return (line) => printer.printJson({ event: 'line', line });
  return createLogPrinter({
    write: printer.say,
    paint: printer.paintWords,
    hasColours: printer.hasWordColours,
    hasHeadings: printer.areWordsShown,
    hasTimes: false,
  });
}

async function reportEnd(
  { printer, system }: Session,
  client: ApiClient,
  deployment: Deployment,
): Promise<number> {
  const { mark, style } = lookOf(deployment.status);
  if (printer.isJson) await printer.printJson({ event: 'result', deployment });
  await printer.say(printer.paintWords(style, `${mark} ${describeEnd(deployment, system.now())}`));
  if (deployment.status === 'ready') {
    await reportAddresses(printer, client, deployment);
    return EXIT_CODES.ok;
  }
  const message = deployment.message === null ? undefined : plainText(deployment.message);
  // Programs get it as an error too, by its reason.
  if (printer.isJson)
    throw new CliError(deployment.reason ?? deployment.status, message ?? `It is ${deployment.status}.`);
  if (message !== undefined) await printer.say(`  ${message}`);
  const page = new URL(`/deployments/${deployment.id}`, deployment.urls.logs).href;
  await printer.say(
    printer.paintWords('dim', `  Its log:  offshoot logs ${deployment.id}\n  Its page: ${page}`),
  );
  return EXIT_CODES.failed;
}

/** The address that people will use is the result; the others are told beside it. */
async function reportAddresses(printer: Printer, client: ApiClient, deployment: Deployment): Promise<void> {
  const { urls, ref, id } = deployment;
  if (printer.isJson) return;
  const isLive = urls.production !== null && (await isProduction(client, deployment));
  const { pullRequest = null } = urls;
  const ofPullRequest = pullRequest === null ? [] : [['pull request', pullRequest] as const];
  const names: (readonly [string, string | null])[] = [
    ['production', isLive ? urls.production : null],
    [`branch ${plainText(ref)}`, urls.branch],
    ...ofPullRequest,
    ['this one', urls.deployment],
  ];
  const [first, ...others] = names.filter(([, url]) => url !== null);
  const width = Math.max(...names.map(([name]) => name.length));
  for (const [name, url] of others)
    await printer.say(printer.paintWords('dim', `  ${name.padEnd(width)}  ${plainText(url ?? '')}`));
  if (urls.production !== null && !isLive) {
    await printer.say(
      `Production stays as it is: it was promoted or rolled back since, or is held. \`offshoot promote ${id}\` moves it.`,
    );
  }
  const [name = '', url] = first ?? [];
  const address = plainText(url ?? urls.deployment);
  await printer.print(
    printer.isResultShown ? `  ${name.padEnd(width)}  ${printer.paint('bold', address)}` : address,
  );
}

async function isProduction(client: ApiClient, { id, project }: Deployment): Promise<boolean> {
  const path = `/api/projects/${project.slug}/aliases?kind=production`;
  const [alias] = (await client.get(path, pageOf(aliasSchema))).items;
  return alias?.state === 'live' && alias.deploymentId === id;
}

async function sayItGoesOn(printer: Printer, deployment: Deployment, signal: string): Promise<void> {
  const why = signal === 'SIGINT' ? '' : ` (${signal})`;
  await printer.say(`Stopped watching${why}: the deployment goes on.\n${howToGoOn(deployment)}`);
}

function howToGoOn({ id }: Deployment): string {
  return `  Follow it: offshoot logs --follow ${id}\n  Stop it:   offshoot cancel ${id}`;
}
