import { z } from 'zod';
import { type BuildSettings, nodeMajorSchema } from '../../contracts/build-spec.ts';
import { nearestNames } from '../../contracts/nearest-names.ts';
import { pathPatternsSchema } from '../../contracts/path-patterns.ts';
import { parseRelativeFolder } from './relative-folder.ts';

export const OFFSHOOT_JSON = 'offshoot.json';

const folder = z
  .string()
  .max(512)
  .refine((path) => parseRelativeFolder(path) !== undefined);
const command = z.string().max(4096);

const schema = z.strictObject({
  root: folder.optional(),
  install: command.optional(),
  build: command.optional(),
  output: folder.optional(),
  node: nodeMajorSchema.optional(),
  paths: pathPatternsSchema.optional(),
});

/** What each key may hold, for people; docs/builds.md shows it. */
export const OFFSHOOT_JSON_KEYS: Readonly<Record<string, string>> = {
  root: 'a folder inside the repository, such as "apps/web"',
  install: 'a command of at most 4,096 characters, or "" to skip the phase',
  build: 'a command of at most 4,096 characters, or "" to skip the phase',
  output: 'a folder inside the root folder, such as "dist"',
  node: 'a Node major from 18 to 30, as a number, such as 24',
  paths: 'a list of at most 100 patterns, such as ["packages/ui/", "!docs/"]',
};

export type ParsedConfig =
  | {
      readonly ok: true;
      readonly settings: BuildSettings;
      /** It names `paths`: the app looks at them before it builds the next push. */
      readonly filtersPaths: boolean;
    }
  | { readonly ok: false; readonly message: string };

/** Reads the text of offshoot.json. A message names file, key, what was expected, and the nearest known key. */
export function parseOffshootJson(text: string, path: string): ParsedConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return invalid(`${path} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    return invalid(`${path}: ${parsed.error.issues.map((issue) => explain(issue, value)).join(' ')}`);
  return { ok: true, settings: toSettings(parsed.data), filtersPaths: parsed.data.paths !== undefined };
}

function toSettings({ root, install, build, output, node }: z.infer<typeof schema>): BuildSettings {
  return {
    ...(root === undefined ? {} : { rootDirectory: root }),
    ...(install === undefined ? {} : { installCommand: install }),
    ...(build === undefined ? {} : { buildCommand: build }),
    ...(output === undefined ? {} : { outputDirectory: output }),
    ...(node === undefined ? {} : { nodeMajor: node }),
  };
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(explainUnknownKey).join(' ');
  const key = String(issue.path[0] ?? '');
  const expected = OFFSHOOT_JSON_KEYS[key];
  if (expected === undefined) return `it must hold one JSON object with the keys ${knownKeys()}.`;
  return `"${key}" must be ${expected}, but is ${show(value, key)}.`;
}

function explainUnknownKey(key: string): string {
  const [nearest] = nearestNames(key, Object.keys(OFFSHOOT_JSON_KEYS));
  const guess = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return `there is no key ${JSON.stringify(key.slice(0, 100))}; the keys are ${knownKeys()}.${guess}`;
}

function knownKeys(): string {
  return Object.keys(OFFSHOOT_JSON_KEYS).join(', ');
}

function show(value: unknown, key: string): string {
  const found = typeof value === 'object' && value !== null ? Reflect.get(value, key) : value;
  return (JSON.stringify(found) ?? 'nothing').slice(0, 100);
}

function invalid(message: string): ParsedConfig {
  return { ok: false, message };
}
