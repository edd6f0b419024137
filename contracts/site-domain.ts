/** `[scheme://]host[:port]` of OFFSHOOT_DOMAIN, taken apart. */
export interface SiteDomain {
  readonly scheme: 'http' | 'https';
  /** Lower case, without port. */
  readonly host: string;
  readonly port: number | undefined;
}

export function siteUrl(label: string, domain: SiteDomain): string {
  const port = domain.port === undefined ? '' : `:${domain.port}`;
  return `${domain.scheme}://${label}.${domain.host}${port}`;
}

/** Reads `[scheme://]host[:port]`; http for localhost and https elsewhere when no scheme is given. */
export function parseSiteDomain(text: string): SiteDomain | undefined {
  const match = /^(?:(https?):\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?\/?$/.exec(
    text.toLowerCase(),
  );
  const host = match?.[2];
  if (host === undefined) return undefined;
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  return { scheme: (match?.[1] as 'http' | 'https' | undefined) ?? (isLocal ? 'http' : 'https'), host, port };
}
