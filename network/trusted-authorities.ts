import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/**
 * The certificate authorities that our own requests trust: Node's, the machine's, and the file that Git is
 * given by GIT_SSL_CAINFO, so that the two never disagree about a server.
 */
export function trustedAuthorities(environment: Readonly<Record<string, string>>): string[] {
  const file = environment['GIT_SSL_CAINFO'];
  const own = file === undefined ? [] : [readFileSync(file, 'utf8')];
  return [...getCACertificates('bundled'), ...getCACertificates('system'), ...own];
}
