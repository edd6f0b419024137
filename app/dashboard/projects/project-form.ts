import type { BuildSettings } from '../../../contracts/build-spec.ts';
import { type FormText, type Mistakes, optionalLine, optionalNumber } from '../form.ts';
import { showGitUrl } from './git-url-text.ts';

/** Build settings as the fields say them, for the schema that the API uses too. */
export function readBuildSettings(typed: FormText): Record<string, unknown> {
  const settings = {
    rootDirectory: optionalLine(typed['rootDirectory']),
    installCommand: readCommand(typed, 'installCommand'),
    buildCommand: readCommand(typed, 'buildCommand'),
    outputDirectory: optionalLine(typed['outputDirectory']),
    nodeMajor: optionalNumber(typed['nodeMajor']),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What the fields say of these settings: the opposite of reading them. */
export function typeBuildSettings(settings: BuildSettings): FormText {
  return {
    rootDirectory: settings.rootDirectory,
    outputDirectory: settings.outputDirectory,
    nodeMajor: settings.nodeMajor?.toString(),
    ...typeCommand('installCommand', settings.installCommand),
    ...typeCommand('buildCommand', settings.buildCommand),
  };
}

export function skipName(command: 'installCommand' | 'buildCommand'): string {
  return `${command}Skip`;
}

/** A ticked box wins over a command: whoever ticks it wants the phase left out. */
function readCommand(typed: FormText, name: 'installCommand' | 'buildCommand'): string | undefined {
  return typed[skipName(name)] === undefined ? optionalLine(typed[name]) : '';
}

function typeCommand(name: 'installCommand' | 'buildCommand', command: string | undefined): FormText {
  return command === '' ? { [skipName(name)]: 'yes' } : { [name]: command };
}

/** The form again after a mistake: what was typed, but no password in a Git URL, which has to be typed once more. */
export function fillAgain(typed: FormText, mistakes: Mistakes): { typed: FormText; mistakes: Mistakes } {
  const { text, isCut } = showGitUrl(typed['gitUrl'] ?? '');
  if (!isCut) return { typed, mistakes };
  const { gitUrl: told, ...others } = mistakes;
  const again = 'Type it again, with its user and password: they are not shown.';
  const gitUrl = told === undefined ? again : `${told} ${again}`;
  return { typed: { ...typed, gitUrl: text }, mistakes: { gitUrl, ...others } };
}
