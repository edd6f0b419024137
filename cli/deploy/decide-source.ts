/** What somebody wants to have deployed. */
export type NamedSource =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'repository'; readonly url: string }
  | { readonly kind: 'none'; readonly message: string };

const SCP_LIKE = /^(?:[\w.-]+@)?([\w.-]+\.[a-z]{2,}):(?!\/\/)(.+)$/i;
const HOST_AND_PATH = /^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?\/\S+$/i;

/**
 * A Git URL or a folder? What exists on this machine is a folder; a path that does not exist is an error, and never
 * taken for a repository. `found` is what stands at `folder`, the absolute form of the text.
 */
export function decideSource(
  text: string,
  folder: string,
  found: 'folder' | 'file' | 'nothing',
): NamedSource {
  if (text === '') return none('The name of the folder is empty.');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) return decideUrl(text, scheme);
  if (found === 'folder') return { kind: 'folder', folder };
  if (found === 'file') return none(`${text} is a file: name the folder that it is in.`);
  const [, host, path = ''] = SCP_LIKE.exec(text) ?? [];
  if (host !== undefined) return none(`${text} is an address for SSH. ${sayHttps(host, path)}`);
  if (!isPath(text) && HOST_AND_PATH.test(text))
    return none(`There is no folder ${text} here. If it is a repository: https://${text}`);
  return none(`There is no folder ${text} here (${folder}). A repository is named by its URL, https://…`);
}

function decideUrl(url: string, scheme: string): NamedSource {
  if (['https', 'http', 'file'].includes(scheme)) return { kind: 'repository', url };
  if (scheme !== 'ssh' && scheme !== 'git') return none(`${url} is no Git URL: one begins with https://.`);
  const [, host = '', path = ''] = /^[a-z]+:\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/(.*)$/i.exec(url) ?? [];
  return none(
    `${url} is an address for ${scheme === 'ssh' ? 'SSH' : 'Git’s own protocol'}. ${sayHttps(host, path)}`,
  );
}

function sayHttps(host: string, path: string): string {
  return `Offshoot fetches over HTTPS: https://${host}/${path.replace(/^\/+/, '')} (for a private repository with a token in it: https://user:token@…)`;
}

function isPath(text: string): boolean {
  return /^(?:\.{0,2}\/|~)/.test(text);
}

function none(message: string): NamedSource {
  return { kind: 'none', message };
}
