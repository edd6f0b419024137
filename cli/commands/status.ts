import { CliError } from '../cli-error.ts';
import { findServer, SOURCE_NAMES } from '../connect.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { pageOf, projectSchema } from '../server/answers.ts';
import { createApiClient } from '../server/api-client.ts';
import type { ResolvedServer } from '../server/resolve-server.ts';
import type { Call, Command, Session } from './command.ts';

export const statusCommand: Command = {
  name: 'status',
  aliases: ['whoami'],
  about: 'Say which server is meant, and whether it answers',
  positionals: [],
  options: [],
  examples: [{ command: 'offshoot status', about: 'where address and token come from' }],
  run: showStatus,
};

async function showStatus(_: Call, session: Session): Promise<number> {
  const { system, printer, flags } = session;
  const server = await findServer(system, flags);
  const { url, urlFrom, tokenFrom } = server;
  const fault = await findFault(server, system.stop);
  if (printer.isJson) {
    await printer.printJson({
      url: url.href,
      urlFrom,
      tokenFrom: tokenFrom ?? null,
      ok: fault === undefined,
    });
  }
  await printer.print(`Server  ${url.href.replace(/\/$/, '')}  (${SOURCE_NAMES[urlFrom]})`);
  await printer.print(`Token   ${tokenFrom === undefined ? 'none' : `from ${SOURCE_NAMES[tokenFrom]}`}`);
  if (fault !== undefined) throw fault;
  await printer.print(`State   ${printer.paint('green', '✓')} it answers, and takes the token`);
  return EXIT_CODES.ok;
}

async function findFault({ url, token }: ResolvedServer, stop: AbortSignal): Promise<unknown> {
  if (token === undefined) {
    const message = `There is no token for ${url.origin}: \`offshoot login ${url.href.replace(/\/$/, '')}\` asks for it.`;
    return new CliError('not_signed_in', message, EXIT_CODES.notSignedIn);
  }
  const client = createApiClient({ url, token, stop });
  const reading = client.get('/api/projects?limit=1', pageOf(projectSchema));
  return reading.then(
    () => undefined,
    (error: unknown) => error,
  );
}
