import { isProjectSlug } from '../../contracts/host.ts';
import { usageError } from '../cli-error.ts';
import type { Call, CommandOption } from '../commands/command.ts';

/** `offshoot deploy --root …`: as in offshoot.json, and what the API calls each. */
const SETTINGS = {
  root: 'rootDirectory',
  install: 'installCommand',
  build: 'buildCommand',
  output: 'outputDirectory',
} as const;

/** The settings of a build that can be given. The server checks them; what is not given is detected. */
export const BUILD_OPTIONS: readonly CommandOption[] = [
  { name: 'root', value: 'folder', about: 'the folder of the repository that is built' },
  { name: 'install', value: 'command', about: 'the install command; "" for none' },
  { name: 'build', value: 'command', about: 'the build command; "" for none' },
  { name: 'output', value: 'folder', about: 'the folder that the build writes' },
  { name: 'node', value: 'major', about: 'the version of Node, such as 22' },
];

export interface DeployOptions {
  readonly project: string | undefined;
  readonly name: string | undefined;
  readonly branch: string | undefined;
  readonly ref: string | undefined;
  readonly productionBranch: string | undefined;
  /** Only those that were given. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly isWaiting: boolean;
  readonly isQuiet: boolean;
}

/** Throws CliError for what can't be meant. */
export function parseDeployOptions(call: Call): DeployOptions {
  const [project, branch, ref] = [call.text('project'), call.text('branch'), call.text('ref')];
  if (branch !== undefined && ref !== undefined)
    throw usageError('--branch and --ref both say what is deployed: give one.');
  if (project !== undefined && !isProjectSlug(project))
    throw usageError(
      `--project is "${project}": the name in a project's address has 1 to 30 characters of a-z, 0-9 and single hyphens inside.`,
    );
  return {
    project,
    branch,
    ref,
    name: call.text('name'),
    productionBranch: call.text('production-branch'),
    settings: parseSettings(call),
    isWaiting: !call.isSet('no-wait'),
    isQuiet: call.isSet('quiet'),
  };
}

function parseSettings(call: Call): Record<string, string | number> {
  const texts = Object.entries(SETTINGS).map(([option, setting]) => [setting, call.text(option)] as const);
  const given = texts.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined);
  const node = call.text('node');
  if (node === undefined) return Object.fromEntries(given);
  if (!/^\d{1,3}$/.test(node))
    throw usageError(`--node is "${node}": a major version such as 22 is expected.`);
  return { ...Object.fromEntries(given), nodeMajor: Number(node) };
}

/** The names of the build's settings that were given, as they are typed. */
export function namesOfSettings({ settings }: DeployOptions): string[] {
  const names: Readonly<Record<string, string>> = { ...SETTINGS, node: 'nodeMajor' };
  return Object.keys(names).flatMap((name) =>
    names[name] !== undefined && names[name] in settings ? `--${name}` : [],
  );
}
