import { sealedTextBytes } from './sealed-text.ts';
import type { DeploymentSource, Environment, RefKind } from './words.ts';

export const MAX_VARIABLE_NAME_LENGTH = 128;
export const MAX_VARIABLE_VALUE_BYTES = 16 * 1024;
/** Of one project. */
export const MAX_VARIABLES = 200;
/**
 * Names and values of one project in sum. A builder masks all of them in its log, each in several forms: its matcher
 * takes four times as much (MAX_PATTERN_BYTES of builder/log/secret-forms.ts).
 */
export const MAX_VARIABLES_BYTES = 32 * 1024;
/** Shorter values are left as they are in logs: they are words and numbers, and hide nothing that is hard to guess. */
export const MIN_MASKED_LENGTH = 8;

/** Longer, but no secrets: a log without them could not be read. */
const EVERYDAY_VALUES: ReadonlySet<string> = new Set(['production', 'development', 'localhost']);

/** Which builds get a variable. A branch narrows it to previews of that branch. */
export interface VariablePlace {
  /** Null for production and previews. */
  readonly environment: Environment | null;
  readonly branch: string | null;
}

/** Names that would break a build, or would be set to something else behind people's backs. */
const RESERVED = [
  {
    names: /^OFFSHOOT(_.*)?$/,
    why: 'Offshoot itself tells builds what is under that name. Choose another one.',
  },
  {
    names: /^(PATH|HOME|TMPDIR|USER|LOGNAME|SHELL)$/,
    why: 'each build has a place and a user of its own. Set it inside the build command, where that is needed.',
  },
  {
    names: /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH)$/,
    why: 'it changes the code of every program that starts, also of those that make the sandbox.',
  },
  {
    // As package managers call it: builder/toolchain/package-cache.ts.
    names:
      /^(npm_config_cache|npm_config_store_dir|pnpm_config_store_dir|yarn_preferred_cache_folder|YARN_GLOBAL_FOLDER|BUN_INSTALL_CACHE_DIR)$/,
    why: 'the builder says where packages are kept between builds.',
  },
] as const;

/** What is wrong with a name, as a sentence; undefined when builds can have it. */
export function checkVariableName(name: string): string | undefined {
  if (name.length > MAX_VARIABLE_NAME_LENGTH)
    return `A name has at most ${MAX_VARIABLE_NAME_LENGTH} characters.`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return 'A name consists of letters from A to Z, digits and underscores, and does not begin with a digit.';
  const reserved = RESERVED.find(({ names }) => names.test(name));
  return reserved && `${name} can’t be set: ${reserved.why}`;
}

/** What is wrong with a value, as a sentence that repeats nothing of it. */
export function checkVariableValue(value: string): string | undefined {
  if (Buffer.byteLength(value) > MAX_VARIABLE_VALUE_BYTES)
    return `A value has at most ${MAX_VARIABLE_VALUE_BYTES / 1024} KiB.`;
  if (value.includes('\0') || !value.isWellFormed())
    return 'The value is no text: no program could be given it. Encode it (in base64, say).';
  return undefined;
}

/** What is wrong with a place, as a sentence. */
export function checkVariablePlace(
  { environment, branch }: VariablePlace,
  { productionBranch }: { readonly productionBranch: string },
): string | undefined {
  if (branch === null) return undefined;
  if (environment !== 'preview') return 'A branch goes with the environment “preview” only.';
  if (branch !== productionBranch) return undefined;
  return `“${branch}” is the production branch: choose the environment “production” for it.`;
}

/** A deployment, as far as it decides which variables its build gets. */
export interface BuiltDeployment {
  readonly environment: Environment;
  readonly refKind: RefKind;
  readonly ref: string;
  readonly source: DeploymentSource;
  readonly isTrusted: boolean;
}

/**
 * The variables that a deployment's build gets, by name, one of each: the narrowest place wins. None for strangers'
 * code (also when somebody has approved it), and none for uploads, which nothing is run for.
 */
export function resolveVariables<Variable extends VariablePlace & { readonly name: string }>(
  variables: readonly Variable[],
  deployment: BuiltDeployment,
): Variable[] {
  if (!deployment.isTrusted || deployment.source === 'upload') return [];
  const fitting = variables.filter((variable) => isFor(variable, deployment));
  const wideFirst = fitting.toSorted((a, b) => narrownessOf(a) - narrownessOf(b));
  const byName = new Map(wideFirst.map((variable) => [variable.name, variable]));
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isFor({ environment, branch }: VariablePlace, deployment: BuiltDeployment): boolean {
  if (environment !== null && environment !== deployment.environment) return false;
  return branch === null || (deployment.refKind === 'branch' && deployment.ref === branch);
}

function narrownessOf({ environment, branch }: VariablePlace): number {
  if (branch !== null) return 2;
  return environment === null ? 0 : 1;
}

/** Of the values that a build gets, those that its log must not show. */
export function maskedValues(values: readonly string[]): string[] {
  return values.filter((value) => {
    const shown = value.trim();
    return shown.length >= MIN_MASKED_LENGTH && !EVERYDAY_VALUES.has(shown);
  });
}

/** A variable that the database has. */
export interface KeptVariable extends VariablePlace {
  readonly id: string;
  readonly name: string;
  /** Sealed. */
  readonly value: string;
}

export interface NewVariable {
  readonly name: string;
  readonly value: string;
}

export type VariableWrites<Kept extends KeptVariable = KeptVariable> =
  | {
      readonly ok: true;
      /** `kept` is what it replaces; undefined for a variable that is new in its place. */
      readonly writes: readonly (NewVariable & { readonly kept: Kept | undefined })[];
    }
  | { readonly ok: false; readonly message: string };

/** Decides what to write so that a project has these variables in this place. The last one of a name counts. */
export function planVariableWrites<Kept extends KeptVariable>(
  present: readonly Kept[],
  wanted: readonly NewVariable[],
  place: VariablePlace,
): VariableWrites<Kept> {
  const here = new Map(present.filter((kept) => isSamePlace(kept, place)).map((kept) => [kept.name, kept]));
  const newest = new Map(wanted.map((variable) => [variable.name, variable]));
  const writes = [...newest.values()].map((variable) => ({ ...variable, kept: here.get(variable.name) }));
  const others = present.filter((kept) => !writes.some((write) => write.kept === kept));
  if (others.length + writes.length > MAX_VARIABLES) return { ok: false, message: TOO_MANY };
  const bytes =
    sumOf(others, ({ name, value }) => name.length + sealedTextBytes(value)) +
    sumOf(writes, ({ name, value }) => name.length + Buffer.byteLength(value));
  return bytes > MAX_VARIABLES_BYTES ? { ok: false, message: TOO_LARGE } : { ok: true, writes };
}

const TOO_MANY = `A project has at most ${MAX_VARIABLES} environment variables: delete those that nobody needs any more.`;
const TOO_LARGE =
  `The environment variables of a project have at most ${MAX_VARIABLES_BYTES / 1024} KiB in sum, names and values: ` +
  'keep what is larger where the build can fetch it, and its key here.';

function isSamePlace(one: VariablePlace, other: VariablePlace): boolean {
  return one.environment === other.environment && one.branch === other.branch;
}

function sumOf<T>(items: readonly T[], sizeOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + sizeOf(item), 0);
}
