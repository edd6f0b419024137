import type { Completion } from '../commands/command.ts';
import type { CommandCompletion, OptionCompletion } from './describe-completions.ts';

/** A script for bash 4 and newer; it needs no package of functions. */
export function renderBash(commands: readonly CommandCompletion[]): string {
  const names = commands.flatMap(({ names }) => names[0] ?? []).join(' ');
  const valueFlags = new Set(commands.flatMap(({ options }) => options.filter(takesValue).flatMap(flagsOf)));
  return `# Completes \`offshoot\` in bash: eval "$(offshoot completion bash)"
_offshoot() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" name='' position=0 index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      ${[...valueFlags].join('|')}) ((index++)) ;;
      -*) ;;
      *) if [[ -z $name ]]; then name="\${COMP_WORDS[index]}"; else ((position++)); fi ;;
    esac
  done
  COMPREPLY=()
  case "$name $previous" in
${commands.flatMap(renderValues).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case "$name" in
${commands.map(renderFlags).join('\n')}
      *) _offshoot_words --help --version ;;
    esac
    return
  fi
  case "$name $position" in
    ' 0') _offshoot_words ${names} ;;
${commands.flatMap(renderPositionals).join('\n')}
  esac
}
_offshoot_words() {
  COMPREPLY=($(compgen -W "$*" -- "$current"))
}
_offshoot_asked() {
  _offshoot_words $(offshoot complete "$1" 2>/dev/null)
}
_offshoot_folders() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen -d -- "$current"))
}
complete -F _offshoot offshoot
`;
}

function renderValues({ names, options }: CommandCompletion): string[] {
  return options.filter(takesValue).map((option) => {
    const patterns = names.flatMap((name) => option.flags.map((flag) => `'${name} ${flag}'`));
    return `    ${patterns.join('|')}) ${actionOf(option.completion)}; return ;;`;
  });
}

function renderFlags({ names, options }: CommandCompletion): string {
  const flags = options.flatMap(({ flags }) => flags[0] ?? []);
  return `      ${names.join('|')}) _offshoot_words ${flags.join(' ')} ;;`;
}

function renderPositionals({ names, positionals }: CommandCompletion): string[] {
  return positionals.flatMap(({ completion }, position) => {
    if (completion === undefined) return [];
    return `    ${names.map((name) => `'${name} ${position}'`).join('|')}) ${actionOf(completion)} ;;`;
  });
}

function actionOf(completion: Completion | undefined): string {
  if (completion === undefined) return ':';
  if (completion === 'folder') return '_offshoot_folders';
  if (typeof completion === 'string') return `_offshoot_asked ${completion}`;
  return `_offshoot_words ${completion.join(' ')}`;
}

function takesValue({ takesValue }: OptionCompletion): boolean {
  return takesValue;
}

function flagsOf({ flags }: OptionCompletion): readonly string[] {
  return flags;
}
