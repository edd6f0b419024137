import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { System } from '../system.ts';
import { DEFAULT_URL, isLoopback, type KnownServer, parseServerUrl } from './resolve-server.ts';

const DATA_FOLDER = '.offshoot';

/**
 * The Offshoot that `npm start` runs on this machine: its data folder holds the token that it made, and the address at
 * which it listens. So nobody has to log in where it runs. Nothing when there is no such folder, or it is another
 * person's.
 */
export async function findLocalServer(
  system: Pick<System, 'env' | 'workingFolder' | 'repositoryFolder'>,
): Promise<KnownServer> {
  for (const folder of dataFolders(system)) {
    const token = await readLine(path.join(folder, 'token'));
    const url = await readLine(path.join(folder, 'app-url'));
    if (token !== undefined || url !== undefined) return { url: localUrl(url), token };
  }
  return {};
}

function dataFolders({
  env,
  workingFolder,
  repositoryFolder,
}: Pick<System, 'env' | 'workingFolder' | 'repositoryFolder'>): string[] {
  const named = env['OFFSHOOT_DATA']?.trim() ?? '';
  if (named !== '') return [path.resolve(workingFolder, named)];
  return [path.join(workingFolder, DATA_FOLDER), path.join(repositoryFolder, DATA_FOLDER)];
}

/** Whoever wrote the file: what is found in a folder leads to this machine only. */
function localUrl(text: string | undefined): string {
  const url = text === undefined ? undefined : parseServerUrl(text);
  return url instanceof URL && isLoopback(url.hostname) ? url.href : DEFAULT_URL;
}

async function readLine(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim() || undefined;
}
