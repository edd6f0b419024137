import { cancelCommand } from './cancel.ts';
import type { Command, CommandOption } from './command.ts';
import { completeCommand } from './complete.ts';
import { createCompletionCommand } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { deployCommand } from './deploy.ts';
import { envCommand } from './env.ts';
import { listCommand } from './list.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { logsCommand } from './logs.ts';
import { openCommand } from './open.ts';
import { promoteCommand } from './promote.ts';
import { redeployCommand } from './redeploy.ts';
import { statusCommand } from './status.ts';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  deployCommand,
  listCommand,
  openCommand,
  logsCommand,
  cancelCommand,
  promoteCommand,
  redeployCommand,
  envCommand,
  deleteCommand,
  loginCommand,
  logoutCommand,
  statusCommand,
  createCompletionCommand(
    () => COMMANDS,
    () => GLOBAL_OPTIONS,
  ),
  completeCommand,
];

/** What every command takes. */
export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'url', value: 'url', about: 'the server (or OFFSHOOT_URL)' },
  {
    name: 'token',
    value: 'token',
    about: 'its token (better OFFSHOOT_TOKEN: other users of this machine see command lines)',
  },
  { name: 'json', about: 'write JSON for programs: results to standard output, errors to standard error' },
];
