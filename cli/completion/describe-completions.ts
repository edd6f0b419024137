import type { Command, CommandOption, Completion } from '../commands/command.ts';

export interface OptionCompletion {
  /** `--branch`, `-b`. */
  readonly flags: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  readonly completion: Completion | undefined;
}

export interface CommandCompletion {
  /** Its name, and other names of it. */
  readonly names: readonly string[];
  readonly about: string;
  readonly options: readonly OptionCompletion[];
  /** What each word behind it can be. */
  readonly positionals: readonly { readonly name: string; readonly completion: Completion | undefined }[];
}

const HELP: OptionCompletion = {
  flags: ['--help', '-h'],
  about: 'explain it',
  takesValue: false,
  completion: undefined,
};

/** What all shells are told, in one form: every command that people see, with the options that all take. */
export function describeCompletions(
  commands: readonly Command[],
  globalOptions: readonly CommandOption[],
): CommandCompletion[] {
  const shown = commands.filter(({ isHidden }) => isHidden !== true);
  const described = shown.map(({ name, aliases = [], about, options, positionals }) => ({
    names: [name, ...aliases],
    about,
    options: [...[...options, ...globalOptions].map(describeOption), HELP],
    positionals: positionals.map(({ name, completion }) => ({ name, completion })),
  }));
  const names = shown.map(({ name }) => name);
  const help = {
    names: ['help'],
    about: 'Explain a command',
    options: [],
    positionals: [{ name: 'command', completion: names }],
  };
  return [...described, help];
}

function describeOption({ name, short, value, about, completion }: CommandOption): OptionCompletion {
  const flags = short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
  return { flags, about, takesValue: value !== undefined, completion };
}
