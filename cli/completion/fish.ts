import type { Completion } from '../commands/command.ts';
import type { CommandCompletion, OptionCompletion } from './describe-completions.ts';

/** A script for fish 3 and newer. */
export function renderFish(commands: readonly CommandCompletion[]): string {
  const lines = commands.flatMap((command) => [renderName(command), ...renderWords(command)]);
  return `# Completes \`offshoot\` in fish: offshoot completion fish | source
complete -c offshoot -f
complete -c offshoot -n __fish_use_subcommand -l version -s V -d 'Print the version'
${lines.join('\n')}
`;
}

function renderName({ names: [name = ''], about }: CommandCompletion): string {
  return `complete -c offshoot -n __fish_use_subcommand -a ${name} -d ${quote(about)}`;
}

function renderWords({ names, options, positionals }: CommandCompletion): string[] {
  const condition = quote(`__fish_seen_subcommand_from ${names.join(' ')}`);
  const begin = `complete -c offshoot -n ${condition}`;
  const words = positionals.flatMap(({ completion }) =>
    completion === undefined ? [] : `${begin} -a ${quote(wordsOf(completion))}`,
  );
  return [...words, ...options.map((option) => `${begin} ${describeOption(option)}`)];
}

function describeOption({ flags, about, takesValue, completion }: OptionCompletion): string {
  const parts = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  if (takesValue) parts.push('-x');
  if (completion !== undefined) parts.push(`-a ${quote(wordsOf(completion))}`);
  return [...parts, `-d ${quote(about)}`].join(' ');
}

function wordsOf(completion: Completion): string {
  if (completion === 'folder') return '(__fish_complete_directories (commandline -ct))';
  if (typeof completion === 'string') return `(offshoot complete ${completion} 2>/dev/null)`;
  return completion.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
