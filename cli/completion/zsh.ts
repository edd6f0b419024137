import type { Completion } from '../commands/command.ts';
import type { CommandCompletion, OptionCompletion } from './describe-completions.ts';

/** A script for zsh's own completion system, to evaluate or to put into a folder of $fpath as `_offshoot`. */
export function renderZsh(commands: readonly CommandCompletion[]): string {
  const described = commands.map(({ names, about }) => `    ${quote(`${names[0]}:${about}`)}`);
  return `#compdef offshoot
# Completes \`offshoot\` in zsh: eval "$(offshoot completion zsh)", behind compinit
_offshoot() {
  local context state line curcontext="$curcontext"
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C '(-)'{-h,--help}'[explain a command]' '(-)'{-V,--version}'[print the version]' '1:command:->command' '*::word:->words' && return
  case $state in
    command) _describe -t commands command commands ;;
    words)
      case $line[1] in
${commands.map(renderCommand).join('\n')}
      esac ;;
  esac
}
_offshoot_asked() {
  local -a words
  # What is asked for comes last, behind options of _arguments for compadd.
  words=(\${(f)"$(offshoot complete "\${@[-1]}" 2>/dev/null)"})
  (( $#words )) && compadd "\${@[1,-2]}" -a words
}
if [[ $funcstack[1] == _offshoot ]]; then _offshoot "$@"; else compdef _offshoot offshoot; fi
`;
}

function renderCommand({ names, options, positionals }: CommandCompletion): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...positionals.map(({ name, completion }, index) =>
      quote(`${index + 1}:${escapeColons(name)}:${actionOf(completion)}`),
    ),
  ];
  return `        ${names.join('|')}) _arguments ${specs.join(' ')} ;;`;
}

function optionSpecs({ flags, about, takesValue, completion }: OptionCompletion): string[] {
  const others = flags.length > 1 ? `(${flags.join(' ')})` : '';
  const value = takesValue ? `:value:${actionOf(completion)}` : '';
  return flags.map((flag) => quote(`${others}${flag}[${escapeBrackets(about)}]${value}`));
}

function actionOf(completion: Completion | undefined): string {
  if (completion === undefined) return ' ';
  if (completion === 'folder') return '_files -/';
  if (typeof completion === 'string') return `_offshoot_asked ${completion}`;
  return `(${completion.join(' ')})`;
}

function escapeColons(text: string): string {
  return text.replaceAll(':', '\\:');
}

function escapeBrackets(text: string): string {
  return text.replaceAll(/[[\]\\]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
