import { usageError } from '../cli-error.ts';
import { renderBash } from '../completion/bash.ts';
import { describeCompletions } from '../completion/describe-completions.ts';
import { renderFish } from '../completion/fish.ts';
import { renderZsh } from '../completion/zsh.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { Call, Command, CommandOption, Session } from './command.ts';

const SHELLS = { bash: renderBash, zsh: renderZsh, fish: renderFish };
const NAMES = Object.keys(SHELLS);

/** It describes all commands, itself included: they are asked for when it runs. */
export function createCompletionCommand(
  commands: () => readonly Command[],
  globalOptions: () => readonly CommandOption[],
): Command {
  return {
    name: 'completion',
    about: 'Print a script that completes commands in your shell',
    details: 'Names of projects and ids of deployments are asked of the server.',
    positionals: [{ name: 'shell', isRequired: true, about: NAMES.join(', '), completion: NAMES }],
    options: [],
    examples: [
      { command: 'eval "$(offshoot completion bash)"', about: 'in ~/.bashrc' },
      { command: 'eval "$(offshoot completion zsh)"', about: 'in ~/.zshrc, behind compinit' },
      { command: 'offshoot completion fish | source', about: 'in ~/.config/fish/config.fish' },
    ],
    run: (call, session) => printScript(call, session, commands(), globalOptions()),
  };
}

async function printScript(
  call: Call,
  { system }: Session,
  commands: readonly Command[],
  globalOptions: readonly CommandOption[],
): Promise<number> {
  const [shell = ''] = call.positionals;
  const render = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined;
  if (render === undefined) throw usageError(`There is no completion for "${shell}": ${NAMES.join(', ')}.`);
  system.output.write(render(describeCompletions(commands, globalOptions)));
  return EXIT_CODES.ok;
}
