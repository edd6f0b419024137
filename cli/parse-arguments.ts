import { Command as Parser, CommanderError, Option } from 'commander';
import type { Paint } from './output/colours.ts';
import type { Call, Command, CommandOption } from './commands/command.ts';

/** What was typed, understood or not. */
export type Parsed =
  | { readonly kind: 'call'; readonly command: Command; readonly call: Call }
  /** Help or the version was asked for. */
  | { readonly kind: 'text'; readonly text: string }
  /** `text` says what is wrong and what may be meant. */
  | { readonly kind: 'mistake'; readonly text: string };

export interface ParseOptions {
  readonly commands: readonly Command[];
  readonly globalOptions: readonly CommandOption[];
  readonly version: string;
  readonly columns: number;
  readonly paint: Paint;
}

/** The only file that knows the library: everything else sees commands as data. */
export function parseArguments(words: readonly string[], options: ParseOptions): Parsed {
  const texts: string[] = [];
  let parsed: Parsed | undefined;
  const program = createProgram(options, texts, (command, call) => {
    parsed = { kind: 'call', command, call };
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return describeEnd(error, texts.join('') + hintFor(error, words));
  }
  return parsed ?? { kind: 'mistake', text: texts.join('') };
}

/** A URL or a folder in place of a command is what somebody wants to have deployed. */
function hintFor({ code }: CommanderError, words: readonly string[]): string {
  if (code !== 'commander.unknownCommand') return '';
  const source = words.find((word) => /^(?:https?:\/\/|file:\/\/|\.{0,2}\/)/.test(word) || word === '.');
  return source === undefined ? '' : `\n(Did you mean deploy ${source}?)`;
}

function describeEnd(error: CommanderError, text: string): Parsed {
  // Help that nobody asked for, as without any word, is an error.
  return { kind: error.exitCode === 0 ? 'text' : 'mistake', text: text.trimEnd() };
}

function createProgram(
  { commands, globalOptions, version, columns, paint }: ParseOptions,
  texts: string[],
  onCall: (command: Command, call: Call) => void,
): Parser {
  const keep = (text: string): void => void texts.push(text);
  const program = new Parser('offshoot')
    .description('Gives every branch of a Git repository its own web site, on your own Offshoot.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .configureOutput({
      writeOut: keep,
      writeErr: keep,
      outputError: (text) => keep(describeMistake(text)),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      // Colours are decided by us.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => paint('bold', title),
      styleCommandText: (text) => paint('cyan', text),
      styleSubcommandText: (text) => paint('cyan', text),
    })
    .addHelpText('after', GUIDE);
  for (const option of globalOptions) program.addOption(createOption(option));
  for (const command of commands) addCommand(program, command, paint, onCall);
  return program;
}

const GUIDE = `
The server is that of --url, of OFFSHOOT_URL, of \`offshoot login\`, or the one
that \`npm start\` runs on this machine.

Exit codes: 0 done, 1 failed or refused, 2 not understood, 3 no answer,
4 not signed in, 130 Ctrl-C`;

function addCommand(
  program: Parser,
  command: Command,
  paint: Paint,
  onCall: (command: Command, call: Call) => void,
): void {
  const { name, aliases = [], about, details, positionals, options, examples } = command;
  const parser = program
    .command(name, { hidden: command.isHidden === true })
    .aliases(aliases)
    .summary(about)
    .description(details === undefined ? `${about}.` : `${about}. ${details}`)
    .addHelpText('after', describeExamples(examples, paint))
    .action(() => onCall(command, createCall(parser, options)));
  for (const { name, isRequired, about } of positionals)
    parser.argument(isRequired ? `<${name}>` : `[${name}]`, about);
  for (const option of options) parser.addOption(createOption(option));
}

function createOption({ name, short, value, about }: CommandOption): Option {
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
  return new Option(flags, about);
}

function createCall(parser: Parser, options: readonly CommandOption[]): Call {
  const values: Record<string, unknown> = parser.optsWithGlobals();
  const keyOf = (name: string) => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const text = (name: string) => {
    const value = values[keyOf(name)];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    positionals: parser.args,
    text,
    isSet(name) {
      // Of `--no-wait` the library makes `wait`, which is true until it is given.
      if (name.startsWith('no-') && options.some((option) => option.name === name))
        return values[keyOf(name.slice('no-'.length))] === false;
      return values[keyOf(name)] !== undefined;
    },
  };
}

function describeExamples(examples: readonly { command: string; about: string }[], paint: Paint): string {
  if (examples.length === 0) return '';
  const lines = examples.map(({ command, about }) => `  ${command}\n      ${paint('dim', about)}`);
  return `\n${paint('bold', 'Examples:')}\n${lines.join('\n')}`;
}

/** The library's sentences begin with "error:" and have no end. */
function describeMistake(text: string): string {
  const [first = '', ...rest] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  return [
    `${first.slice(0, 1).toUpperCase()}${first.slice(1)}${/[.?!]$/.test(first) ? '' : '.'}`,
    ...rest,
  ].join('\n');
}
