import { CliError, usageError } from './cli-error.ts';
import type { Session } from './commands/command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { type ApiClient, createApiClient } from './server/api-client.ts';
import { readConfigFile } from './server/config-file.ts';
import { findLocalServer } from './server/local-server.ts';
import { type ResolvedServer, resolveServer, type Source } from './server/resolve-server.ts';
import type { System } from './system.ts';

/** What a place is called in a sentence. */
export const SOURCE_NAMES: Readonly<Record<Source | 'default', string>> = {
  flags: '--url and --token',
  environment: 'OFFSHOOT_URL and OFFSHOOT_TOKEN',
  config: '`offshoot login`',
  local: 'the data folder of `npm start`',
  default: 'the default',
};

/** The server that is meant, and its token where one is known. Throws CliError for an address that is none. */
export async function findServer(system: System, flags: Session['flags']): Promise<ResolvedServer> {
  const { env } = system;
  const resolved = resolveServer({
    flags: withoutEmpty(flags),
    environment: withoutEmpty({ url: env['OFFSHOOT_URL'], token: env['OFFSHOOT_TOKEN'] }),
    config: await readConfigFile(system),
    local: await findLocalServer(system),
  });
  if (resolved.ok) return resolved.server;
  throw usageError(`The address of the server (from ${SOURCE_NAMES[resolved.from]}): ${resolved.message}`);
}

/** A client for the server that is meant. */
export async function connectToServer(system: System, flags: Session['flags']): Promise<ApiClient> {
  const { url, urlFrom, token } = await findServer(system, flags);
  if (token !== undefined) return createApiClient({ url, token, stop: system.stop });
  const login = `offshoot login${urlFrom === 'default' ? '' : ` ${url.href.replace(/\/$/, '')}`}`;
  const why = urlFrom === 'default' ? 'No Offshoot is known here' : `There is no token for ${url.origin}`;
  throw new CliError(
    'not_signed_in',
    `${why}. \`${login}\` asks for address and token; scripts set OFFSHOOT_URL and OFFSHOOT_TOKEN. On the machine where Offshoot runs, nothing is needed in its folder.`,
    EXIT_CODES.notSignedIn,
  );
}

/** An empty variable counts as none: that is how people switch one off. */
function withoutEmpty({ url, token }: Session['flags']): Session['flags'] {
  return { url: url?.trim() || undefined, token: token?.trim() || undefined };
}
