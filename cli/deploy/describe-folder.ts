import { commitSchema } from '../../contracts/ids.ts';
import type { System } from '../system.ts';

/** A server takes one line of at most this many characters. */
const MAX_MESSAGE_LENGTH = 200;

export interface FolderDescription {
  readonly commit?: string;
  readonly message?: string;
}

/** The commit that a folder was probably built of, to show to people; nothing outside a repository. */
export async function describeFolder(
  folder: string,
  { readProgram }: Pick<System, 'readProgram'>,
): Promise<FolderDescription> {
  // The repository's own settings start no program (showSignature would).
  const args = ['-C', folder, '-c', 'log.showSignature=false', 'log', '-1', '--format=%H%n%s'];
  return parseCommit((await readProgram('git', args)) ?? '');
}

export function parseCommit(text: string): FolderDescription {
  const [commit = '', subject = ''] = text.split('\n');
  if (!commitSchema.safeParse(commit).success) return {};
  const message = subject
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, MAX_MESSAGE_LENGTH)
    .toWellFormed()
    .trim();
  return message === '' ? { commit } : { commit, message };
}
