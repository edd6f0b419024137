import { parseGitUrl } from './parse-git-url.ts';

export interface Submodule {
  readonly path: string;
  readonly commit: string;
  /** Without credentials: none are ever sent for a submodule. */
  readonly href: string;
}

export type PlannedSubmodules =
  | { readonly ok: true; readonly submodules: readonly Submodule[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string };

/**
 * Which submodules to fetch: the gitlinks of the tree that `.gitmodules` gives an https URL (any URL that
 * parseGitUrl takes when local ones are allowed). `settings` is `git config -z --get-regexp` of `.gitmodules`.
 */
export function planSubmodules(
  gitlinks: readonly { readonly path: string; readonly commit: string }[],
  settings: string,
  parentHref: string,
  allowLocal: boolean,
): PlannedSubmodules {
  const urls = urlsByPath(settings);
  const [submodules, warnings]: [Submodule[], string[]] = [[], []];
  for (const { path, commit } of gitlinks) {
    const url = urls.get(path);
    if (url === undefined) {
      warnings.push(`Submodule ${JSON.stringify(path)} has no URL in .gitmodules: its folder stays empty.`);
      continue;
    }
    const href = resolveSubmoduleUrl(url, parentHref, allowLocal);
    if (href === undefined) return { ok: false, message: sayRefused(path, url) };
    submodules.push({ path, commit, href });
  }
  return { ok: true, submodules, warnings };
}

function sayRefused(path: string, url: string): string {
  const shown = JSON.stringify(url.replace(/\/\/[^/@]*@/, '//').slice(0, 200));
  return `Submodule ${JSON.stringify(path)} has the URL ${shown}: only https:// URLs are fetched. Change it in .gitmodules.`;
}

/** Absolute, or relative to the parent repository (`../other`); undefined when it is not allowed. */
export function resolveSubmoduleUrl(
  url: string,
  parentHref: string,
  allowLocal: boolean,
): string | undefined {
  const isRelative = /^\.\.?\//.test(url);
  const absolute =
    isRelative && URL.canParse(url, `${parentHref}/`) ? new URL(url, `${parentHref}/`).href : url;
  const parsed = parseGitUrl(absolute, { allowLocal });
  if (!parsed.ok) return undefined;
  return allowLocal || parsed.href.startsWith('https:') ? parsed.href : undefined;
}

/** From `submodule.<name>.path\nvalue\0` and `….url\nvalue\0`; a later one wins, as in Git. */
function urlsByPath(settings: string): Map<string, string> {
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const setting of settings.split('\0')) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(setting) ?? [];
    if (name === undefined || key === undefined || value === undefined) continue;
    modules.set(name, { ...modules.get(name), [key]: value });
  }
  const found = [...modules.values()].filter((each) => each.path !== undefined && each.url !== undefined);
  return new Map(found.map(({ path = '', url = '' }) => [path, url]));
}
