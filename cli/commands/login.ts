import { CliError, usageError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ask, askSecret, readInput } from '../prompt.ts';
import { pageOf, projectSchema } from '../server/answers.ts';
import { createApiClient } from '../server/api-client.ts';
import { writeConfigFile } from '../server/config-file.ts';
import { DEFAULT_URL, isLoopback, parseServerUrl } from '../server/resolve-server.ts';
import type { Call, Command, Session } from './command.ts';

export const loginCommand: Command = {
  name: 'login',
  about: 'Remember a server and its token',
  details:
    'The token is the value of OFFSHOOT_TOKEN of the server; `npm start` keeps the one that it made in the file `token` of its data folder. It is asked for without being shown, or read from standard input, checked, and kept in a file that only you can read.',
  positionals: [{ name: 'url', isRequired: false, about: 'the address of the server' }],
  options: [],
  examples: [
    { command: 'offshoot login https://deploy.example.com', about: 'asks for the token' },
    {
      command:
        'ssh deploy.example.com cat offshoot/.offshoot/token | offshoot login https://deploy.example.com',
      about: 'the token from standard input',
    },
  ],
  run: login,
};

async function login(call: Call, session: Session): Promise<number> {
  const { system, printer, flags } = session;
  const isAsking = system.input.isTTY === true && !printer.isJson;
  const url = parseServerUrl(call.positionals[0] ?? flags.url ?? (await askUrl(isAsking, session)));
  if (typeof url === 'string') throw usageError(url);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    await printer.say(`Beware: ${url.origin} is not encrypted. Whoever is on the way can read the token.`);
  const token =
    flags.token ?? (isAsking ? await askSecret(`Token of ${url.origin}: `, system) : await readInput(system));
  if (token === '') throw usageError('No token was given. Nothing was changed.');
  if (/[^\x21-\x7e]/.test(token)) throw usageError('A token has no spaces and no special characters.');
  await createApiClient({ url, token, stop: system.stop })
    .get('/api/projects?limit=1', pageOf(projectSchema))
    .catch((error: unknown) => {
      throw explainWrongToken(error, url);
    });
  const file = await writeConfigFile(system, { url: url.href.replace(/\/$/, ''), token });
  if (printer.isJson) await printer.printJson({ url: url.href, file });
  await printer.print(`Signed in to ${url.origin}. Address and token are kept in ${file}.`);
  return EXIT_CODES.ok;
}

async function askUrl(isAsking: boolean, { system }: Session): Promise<string> {
  if (isAsking) return ask(`Address of the server [${DEFAULT_URL}]: `, DEFAULT_URL, system);
  throw usageError('Which server? `offshoot login https://deploy.example.com < token`.');
}

function explainWrongToken(error: unknown, url: URL): unknown {
  if (!(error instanceof CliError) || error.code !== 'unauthorized') return error;
  const message = `That is not the token of ${url.origin}. It is the value of OFFSHOOT_TOKEN there, or in the file \`token\` of its data folder. Nothing was changed.`;
  return new CliError('unauthorized', message, EXIT_CODES.notSignedIn);
}
