import { EXIT_CODES } from '../exit-codes.ts';
import { configFileOf, removeConfigFile } from '../server/config-file.ts';
import type { Call, Command, Session } from './command.ts';

export const logoutCommand: Command = {
  name: 'logout',
  about: 'Forget the server and its token',
  details: 'Removes what `offshoot login` has kept. The token stays valid on the server.',
  positionals: [],
  options: [],
  examples: [{ command: 'offshoot logout', about: 'forgets both' }],
  run: logout,
};

async function logout(_: Call, { system, printer }: Session): Promise<number> {
  const file = configFileOf(system);
  const wasThere = await removeConfigFile(system);
  if (printer.isJson) await printer.printJson({ file, removed: wasThere });
  await printer.print(
    wasThere ? `Signed out: ${file} is removed.` : `Nothing was kept: there is no ${file}.`,
  );
  return EXIT_CODES.ok;
}
