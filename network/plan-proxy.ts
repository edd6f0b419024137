/**
 * The HTTP proxy that a URL goes through by the usual variables; undefined for none. Offshoot decides this
 * itself and tells Git by `http.proxy`: if Git decided anew, the two could disagree, and a name that was
 * checked for one way would be looked up again on the other.
 */
export function planProxy(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = url.protocol === 'https:' ? [env['https_proxy'], env['HTTPS_PROXY']] : [env['http_proxy']];
  const proxy = [...own, env['all_proxy'], env['ALL_PROXY']].find(
    (value) => value !== undefined && value !== '',
  );
  if (proxy === undefined || isExcepted(url, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** `NO_PROXY`: `*`, or names that match themselves and all below them; a port limits an entry to that port. */
function isExcepted(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = entry, entryPort = port] = /^\*?\.?(.*?)(?::([0-9]+))?$/.exec(entry) ?? [];
      if (entry === '*') return true;
      return entryPort === port && (url.hostname === name || url.hostname.endsWith(`.${name}`));
    });
}
