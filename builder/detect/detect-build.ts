import { posix } from 'node:path';
import type { BuildSettings } from '../../contracts/build-spec.ts';
import { CheckoutFiles, UnreadableFile } from './checkout-files.ts';
import { detectFramework, type Framework } from './framework.ts';
import { chooseNodeMajor } from './node-major.ts';
import { OFFSHOOT_JSON, parseOffshootJson, type ParsedConfig } from './offshoot-json.ts';
import { type PackageJson, parsePackageJson } from './package-json.ts';
import {
  choosePackageManager,
  execCommand,
  installCommandOf,
  type Lockfile,
  LOCKFILES,
  type PackageManager,
  runScriptCommand,
} from './package-manager.ts';
import { parseRelativeFolder } from './relative-folder.ts';

/** What a build will do. All paths are relative: `rootDirectory` to the repository, outputs to `rootDirectory`. */
export interface BuildPlan {
  readonly rootDirectory: string;
  readonly nodeMajor: number;
  /** Null when there is no package.json, so nothing to install. */
  readonly packageManager: PackageManager | null;
  /** Null: the phase is skipped. */
  readonly installCommand: string | null;
  readonly buildCommand: string | null;
  /** The first that exists after the build is published (findOutput); '' is the root directory itself. */
  readonly outputDirectories: readonly string[];
  /** The framework's id, such as `vite`. */
  readonly framework: string | null;
  /** offshoot.json names `paths`. */
  readonly filtersPaths: boolean;
  /** One sentence each, for the log. */
  readonly notes: readonly string[];
}

export type Detected =
  | { readonly ok: true; readonly plan: BuildPlan }
  /** `config_invalid`: the message names the file and what to change. */
  | { readonly ok: false; readonly message: string };

/** Where builds without a known framework write: the first of these that is there. */
const USUAL_OUTPUTS = ['dist', 'build', 'public', 'out', '_site'];
const LOCKFILE_START_BYTES = 4096;

/**
 * Decides how the repository in `folder` is built. A value in offshoot.json beats the project's setting, since it
 * belongs to the commit and was reviewed with it; a setting beats what is detected.
 */
export async function detectBuild(
  folder: string,
  projectSettings: BuildSettings,
  config?: GivenConfig,
): Promise<Detected> {
  try {
    return await detect(await CheckoutFiles.open(folder), projectSettings, config);
  } catch (error) {
    if (error instanceof UnreadableFile) return { ok: false, message: error.message };
    throw error;
  }
}

/** Of a fork's commit: the offshoot.json that counts in place of its own; null where the base branch has none. */
export interface GivenConfig {
  readonly text: string | null;
}

/** Where offshoot.json of a project is; undefined where its settings name no folder of a repository. */
export function configPathOf({ rootDirectory = '' }: BuildSettings): string | undefined {
  const base = parseRelativeFolder(rootDirectory);
  return base === undefined ? undefined : posix.join(base, OFFSHOOT_JSON);
}

async function detect(
  files: CheckoutFiles,
  projectSettings: BuildSettings,
  config: GivenConfig | undefined,
): Promise<Detected> {
  const configured = await readConfig(files, projectSettings, config);
  if (!configured.ok) return configured;
  const planned = await planBuild(files, configured);
  if (!planned.ok) return planned;
  return { ok: true, plan: { ...planned.plan, filtersPaths: configured.filtersPaths } };
}

/** What follows from all but `paths`, which say nothing of how it is built. */
type Planned =
  | { readonly ok: true; readonly plan: Omit<BuildPlan, 'filtersPaths'> }
  | Extract<Detected, { readonly ok: false }>;

async function planBuild(files: CheckoutFiles, { settings, rootDirectory }: Configured): Promise<Planned> {
  const path = posix.join(rootDirectory, 'package.json');
  const text = await files.readText(path);
  if (text === undefined) return { ok: true, plan: planWithoutPackages(settings, rootDirectory) };
  const packageJson = parsePackageJson(text, path);
  if (!packageJson.ok) return packageJson;
  const found = await readRepository(files, rootDirectory, packageJson.value);
  return planWithPackages(settings, { ...found, rootDirectory, packageJsonText: text });
}

interface Configured {
  readonly ok: true;
  readonly settings: BuildSettings;
  readonly rootDirectory: string;
  readonly filtersPaths: boolean;
}

/** The project's settings, overridden by offshoot.json of the project's root directory. */
async function readConfig(
  files: CheckoutFiles,
  projectSettings: BuildSettings,
  given: GivenConfig | undefined,
): Promise<Configured | { readonly ok: false; readonly message: string }> {
  const base = parseRelativeFolder(projectSettings.rootDirectory ?? '');
  if (base === undefined) return noFolder(projectSettings.rootDirectory ?? '', 'the project settings');
  const path = posix.join(base, OFFSHOOT_JSON);
  const text = given === undefined ? await files.readText(path) : (given.text ?? undefined);
  const config = text === undefined ? NO_CONFIG : parseOffshootJson(text, path);
  if (!config.ok) return config;
  const root = parseRelativeFolder(config.settings.rootDirectory ?? '') ?? '';
  const rootDirectory = parseRelativeFolder(posix.join(base, root)) ?? '';
  if (!(await files.isFolder(rootDirectory)))
    return noFolder(rootDirectory, root === '' ? 'the project settings' : path);
  const { filtersPaths } = config;
  return { ok: true, settings: { ...projectSettings, ...config.settings }, rootDirectory, filtersPaths };
}

const NO_CONFIG: ParsedConfig & { ok: true } = { ok: true, settings: {}, filtersPaths: false };

function noFolder(folder: string, source: string): { readonly ok: false; readonly message: string } {
  return {
    ok: false,
    message: `The root directory ${JSON.stringify(folder)}, named by ${source}, is no folder of the repository.`,
  };
}

interface FoundLockfile extends Lockfile {
  /** An install in the root directory uses it; otherwise it only tells which package manager people use here. */
  readonly isOfRoot: boolean;
}

interface Repository {
  readonly packageJson: PackageJson;
  readonly names: readonly string[];
  readonly lockfile: FoundLockfile | undefined;
  /** The root directory's, or else the one beside the lockfile in a folder above (a workspace). */
  readonly packageManagerField: string | undefined;
  readonly nvmrc: string | undefined;
  readonly nodeVersion: string | undefined;
}

async function readRepository(
  files: CheckoutFiles,
  rootDirectory: string,
  packageJson: PackageJson,
): Promise<Repository> {
  const folders = foldersUpFrom(rootDirectory);
  const firstText = async (name: string) => {
    for (const folder of folders) {
      const text = await files.readText(posix.join(folder, name));
      if (text !== undefined) return text;
    }
    return undefined;
  };
  return {
    packageJson,
    names: await files.list(rootDirectory),
    lockfile: await findLockfile(files, folders),
    packageManagerField: packageJson.packageManager ?? (await fieldOfRepository(files, rootDirectory)),
    nvmrc: await firstText('.nvmrc'),
    nodeVersion: await firstText('.node-version'),
  };
}

/** `a/b` → `a/b`, `a`, ``. */
export function foldersUpFrom(folder: string): string[] {
  if (folder === '') return [''];
  const parent = posix.dirname(folder);
  return [folder, ...foldersUpFrom(parent === '.' ? '' : parent)];
}

async function findLockfile(
  files: CheckoutFiles,
  folders: readonly string[],
): Promise<FoundLockfile | undefined> {
  for (const folder of folders) {
    for (const name of Object.keys(LOCKFILES)) {
      const found = await files.readStart(posix.join(folder, name), LOCKFILE_START_BYTES);
      if (found === undefined) continue;
      const isOfRoot = folder === folders[0] || (await hasWorkspaces(files, folder));
      return { name, start: found.text, isOfRoot };
    }
  }
  return undefined;
}

/** A folder shares its lockfile with the folders below only when they are its workspaces. */
async function hasWorkspaces(files: CheckoutFiles, folder: string): Promise<boolean> {
  if ((await files.readStart(posix.join(folder, 'pnpm-workspace.yaml'), 1)) !== undefined) return true;
  const path = posix.join(folder, 'package.json');
  const parsed = parsePackageJson((await files.readText(path)) ?? '{}', path);
  return parsed.ok && parsed.value.workspaces !== undefined;
}

async function fieldOfRepository(files: CheckoutFiles, rootDirectory: string): Promise<string | undefined> {
  const text = rootDirectory === '' ? undefined : await files.readText('package.json');
  const parsed = text === undefined ? undefined : parsePackageJson(text, 'package.json');
  return parsed?.ok === true ? parsed.value.packageManager : undefined;
}

function planWithoutPackages(
  settings: BuildSettings,
  rootDirectory: string,
): Omit<BuildPlan, 'filtersPaths'> {
  const node = chooseNodeMajor({
    setting: settings.nodeMajor,
    nvmrc: undefined,
    nodeVersion: undefined,
    engines: undefined,
  });
  const buildCommand = commandOf(settings.buildCommand, null);
  const isPublishedAsItIs = buildCommand === null && settings.outputDirectory === undefined;
  return {
    rootDirectory,
    nodeMajor: node.major,
    packageManager: null,
    installCommand: commandOf(settings.installCommand, null),
    buildCommand,
    outputDirectories: [parseRelativeFolder(settings.outputDirectory ?? '') ?? ''],
    framework: null,
    notes: isPublishedAsItIs ? ['There is no package.json: the files are published as they are.'] : [],
  };
}

interface Found extends Repository {
  readonly rootDirectory: string;
  readonly packageJsonText: string;
}

async function planWithPackages(settings: BuildSettings, found: Found): Promise<Planned> {
  const node = chooseNodeMajor({
    ...found,
    setting: settings.nodeMajor,
    engines: found.packageJson.engines?.node,
  });
  const choice = choosePackageManager(found.packageManagerField, found.lockfile, node.major);
  if (!choice.ok) return choice;
  const { manager } = choice;
  const framework = await detectFramework({ packageJson: found.packageJsonText, names: found.names });
  const isLocked = found.lockfile?.isOfRoot === true && LOCKFILES[found.lockfile.name] === manager.name;
  const buildCommand = commandOf(
    settings.buildCommand,
    defaultBuildCommand(found.packageJson, manager, framework),
  );
  const outputs = outputsOf(settings, framework, buildCommand);
  const plan = {
    rootDirectory: found.rootDirectory,
    nodeMajor: node.major,
    packageManager: manager,
    installCommand: commandOf(settings.installCommand, installCommandOf(manager, isLocked)),
    buildCommand,
    outputDirectories: outputs,
    framework: framework?.id ?? null,
    notes: [node.note, choice.note, ...frameworkNotes(framework, outputs, buildCommand)],
  };
  return { ok: true, plan };
}

/** A command that is set, also to nothing, beats the one that was detected. */
function commandOf(set: string | undefined, detected: string | null): string | null {
  const command = set ?? detected ?? '';
  return command.trim() === '' ? null : command;
}

function defaultBuildCommand(
  { scripts }: PackageJson,
  manager: PackageManager,
  framework: Framework | undefined,
): string | null {
  if (typeof scripts?.['build'] === 'string') return runScriptCommand(manager, 'build');
  return framework === undefined ? null : execCommand(manager, framework.command);
}

function outputsOf(
  { outputDirectory }: BuildSettings,
  framework: Framework | undefined,
  buildCommand: string | null,
): readonly string[] {
  if (outputDirectory !== undefined) return [parseRelativeFolder(outputDirectory) ?? ''];
  if (framework !== undefined) return framework.outputDirectories;
  return buildCommand === null ? [''] : USUAL_OUTPUTS;
}

function frameworkNotes(
  framework: Framework | undefined,
  outputs: readonly string[],
  buildCommand: string | null,
): string[] {
  if (framework !== undefined) {
    const found = `${framework.name} was found; its output is expected in ${outputs.join(' or ')}.`;
    return framework.hint === null ? [found] : [found, framework.hint];
  }
  return buildCommand === null ? ['There is no build script: the files are published as they are.'] : [];
}
