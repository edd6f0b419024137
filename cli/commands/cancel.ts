import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { describeSource } from '../output/deployment-words.ts';
import { type Deployment, deploymentSchema, isOver } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readDeployment } from '../server/find-project.ts';
import type { Call, Command, Session } from './command.ts';

const POLL_MS = 500;
/** A builder hears of it within seconds; longer than the server gives it before it ends it. */
const PATIENCE_MS = 60_000;

export const cancelCommand: Command = {
  name: 'cancel',
  about: 'Stop a deployment that has not ended',
  positionals: [
    { name: 'deployment', isRequired: true, about: 'its id or address', completion: 'deployment' },
  ],
  options: [{ name: 'no-wait', about: 'do not wait until its build has stopped' }],
  examples: [{ command: 'offshoot cancel k3v9x0p2m7q4w8z1c5b6', about: 'its sites stay as they are' }],
  run: cancel,
};

async function cancel(call: Call, session: Session): Promise<number> {
  const { printer } = session;
  const client = await session.connect();
  const { id } = await readDeployment(client, call.positionals[0] ?? '');
  const asked = await client.send('POST', `/api/deployments/${id}/cancel`, deploymentSchema);
  const deployment = call.isSet('no-wait') ? asked : await waitUntilOver(session, client, asked);
  if (printer.isJson) await printer.printJson(deployment);
  await printer.print(describe(deployment));
  if (deployment.status !== 'canceled' && isOver(deployment.status))
    throw new CliError(
      'deployment_not_cancelable',
      `It was too late: the deployment is ${deployment.status}.`,
    );
  return EXIT_CODES.ok;
}

async function waitUntilOver(
  { printer, system }: Session,
  client: ApiClient,
  asked: Deployment,
): Promise<Deployment> {
  const until = system.now() + PATIENCE_MS;
  let deployment = asked;
  while (!isOver(deployment.status) && system.now() < until) {
    printer.show(() => 'Waiting for its build to stop');
    await sleep(POLL_MS, undefined, { signal: system.stop });
    deployment = await client.get(`/api/deployments/${asked.id}`, deploymentSchema);
  }
  printer.show(undefined);
  return deployment;
}

function describe(deployment: Deployment): string {
  const what = `${deployment.id} of ${deployment.project.slug} (${describeSource(deployment)})`;
  return deployment.status === 'canceled'
    ? `Canceled ${what}.`
    : `Told ${what} to stop; it is ${deployment.status} still. \`offshoot logs --follow ${deployment.id}\` shows its end.`;
}
