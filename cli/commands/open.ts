import { EXIT_CODES } from '../exit-codes.ts';
import { openBrowser } from '../open-browser.ts';
import { plainText } from '../output/terminal-text.ts';
import { loginLinkSchema } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readProjectOrDeployment } from '../server/find-project.ts';
import type { Call, Command, Session } from './command.ts';

export const openCommand: Command = {
  name: 'open',
  about: 'Open a site, or the dashboard, in the browser',
  details:
    'The site of a project or of a deployment; the dashboard, signed in, when nothing is named. Without a browser, or piped, it prints the address. That of the dashboard signs in once, for a quarter of an hour: hand it to nobody.',
  positionals: [
    {
      name: 'project|deployment',
      isRequired: false,
      about: 'the name of a project, or the id of a deployment',
      completion: 'project-or-deployment',
    },
  ],
  options: [],
  examples: [
    { command: 'offshoot open', about: 'the dashboard, signed in' },
    { command: 'offshoot open my-site', about: 'the production site' },
    { command: 'curl "$(offshoot open my-site)"', about: 'piped, it prints the address' },
  ],
  run: open,
};

async function open(call: Call, { system, printer, connect }: Session): Promise<number> {
  const client = await connect();
  const [name] = call.positionals;
  const url = name === undefined ? await makeLoginLink(client) : await addressOfSite(client, name);
  if (printer.isJson) {
    await printer.printJson({ url });
    return EXIT_CODES.ok;
  }
  const address = plainText(url);
  const isOpened = isWebAddress(url) && (await openBrowser(url, system));
  if (!isOpened) await printer.print(address);
  // The link is a secret: it is not left in the terminal's history for nothing.
  else
    await printer.say(
      name === undefined ? `The dashboard of ${client.url.origin} opens.` : `${address} opens.`,
    );
  return EXIT_CODES.ok;
}

async function makeLoginLink(client: ApiClient): Promise<string> {
  return (await client.send('POST', '/api/login-links', loginLinkSchema)).url;
}

async function addressOfSite(client: ApiClient, name: string): Promise<string> {
  const found = await readProjectOrDeployment(client, name);
  return 'project' in found ? found.project.url : found.deployment.urls.deployment;
}

/** Whatever a server answers: no other program than a browser is started by it. */
function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
