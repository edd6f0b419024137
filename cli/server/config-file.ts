import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { System } from '../system.ts';
import type { KnownServer } from './resolve-server.ts';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

const configSchema = z.object({ url: z.string(), token: z.string() });
type Config = z.infer<typeof configSchema>;

type Place = Pick<System, 'env' | 'homeFolder'>;

/** What `offshoot login` keeps, and where (XDG Base Directory Specification). */
export function configFileOf({ env, homeFolder }: Place): string {
  const folder = env['XDG_CONFIG_HOME'];
  // The specification: a relative path is to be ignored.
  const base = folder !== undefined && path.isAbsolute(folder) ? folder : path.join(homeFolder, '.config');
  return path.join(base, 'offshoot', 'config.json');
}

/** Nothing where there is no file. Throws CliError for one that can't be used. */
export async function readConfigFile(place: Place): Promise<KnownServer> {
  const file = configFileOf(place);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unusable(file, `it can't be read (${error.code})`);
  });
  if (text === undefined) return {};
  const parsed = configSchema.safeParse(parseJson(text));
  if (!parsed.success) throw unusable(file, 'it is not what `offshoot login` writes');
  return parsed.data;
}

/** Replaces the file at once, so that nobody ever reads a half, and for its owner alone: the token is a password. */
export async function writeConfigFile(place: Place, config: Config): Promise<string> {
  const file = configFileOf(place);
  const draft = `${file}.new`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
    // A draft that a crash left behind may have another mode.
    await rm(draft, { force: true });
    await writeFile(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    throw unusable(file, `it can't be written (${(error as NodeJS.ErrnoException).code})`);
  }
  return file;
}

/** False when there was none. */
export async function removeConfigFile(place: Place): Promise<boolean> {
  const file = configFileOf(place);
  try {
    await rm(file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw unusable(file, `it can't be removed (${code})`);
  }
}

function unusable(file: string, why: string): CliError {
  return new CliError('config_invalid', `${file}: ${why}. Mend or remove it.`, EXIT_CODES.usage);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
