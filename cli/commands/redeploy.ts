import { describeSource } from '../output/deployment-words.ts';
import { deploymentSchema } from '../server/answers.ts';
import { readDeployment } from '../server/find-project.ts';
import { announceDeployment } from '../announce-deployment.ts';
import type { Call, Command, Session } from './command.ts';

export const redeployCommand: Command = {
  name: 'redeploy',
  about: 'Build the same commit again, as a new deployment',
  details: 'With the settings that the old one had.',
  positionals: [
    { name: 'deployment', isRequired: true, about: 'its id or address', completion: 'deployment' },
  ],
  options: [
    { name: 'no-wait', about: 'print the id of the new deployment and end at once' },
    { name: 'quiet', short: 'q', about: 'no log, only how it ends' },
  ],
  examples: [
    { command: 'offshoot redeploy k3v9x0p2m7q4w8z1c5b6', about: 'follows the new build to its end' },
  ],
  run: redeploy,
};

async function redeploy(call: Call, session: Session): Promise<number> {
  const client = await session.connect();
  const old = await readDeployment(client, call.positionals[0] ?? '');
  const deployment = await client.send('POST', `/api/deployments/${old.id}/redeploy`, deploymentSchema);
  await session.printer.say(`Building ${describeSource(old)} of ${old.project.slug} again: ${deployment.id}`);
  return announceDeployment(session, client, deployment, {
    isWaiting: !call.isSet('no-wait'),
    isQuiet: call.isSet('quiet'),
  });
}
