/** Turns the end of Git's stderr into a sentence that says what went wrong and what to do. */
export function explainGitFailure(stderr: string, href: string): string {
  const explanation = EXPLANATIONS.find(([pattern]) => pattern.test(stderr))?.[1];
  return explanation === undefined ? `Git could not read ${href}: ${lastLine(stderr)}` : explanation(href);
}

const EXPLANATIONS: readonly (readonly [RegExp, (href: string) => string])[] = [
  [
    /could not read Username|Authentication failed|requested URL returned error: 401/i,
    (href) =>
      `${href} asks for a user name and password, or refused those given: put valid ones into the Git URL (https://user:token@…).`,
  ],
  [
    /requested URL returned error: 403/,
    (href) => `${href} refused access (403): check the token's permissions, or the server's limits.`,
  ],
  [
    /not found|requested URL returned error: 404|does not appear to be a git repository/i,
    (href) =>
      href.startsWith('file:')
        ? `There is no Git repository at ${href} that the user that builds run as can read: check the path, and that others may enter its folders.`
        : `There is no Git repository at ${href}, or it is private and the credentials do not open it.`,
  ],
  [
    /SSL certificate problem|certificate verification failed|server certificate/i,
    (href) =>
      `The TLS certificate of ${href} is not trusted: set GIT_SSL_CAINFO to your authority's certificate file.`,
  ],
  [
    /Could not resolve host|Failed to connect|Connection (?:refused|reset|timed out)|Operation too slow/i,
    (href) => `${href} can't be reached or stopped answering: ask again later.`,
  ],
  [
    /No space left on device|Disk quota exceeded/i,
    () => 'The disk of the build machine is full: free some space, then deploy again.',
  ],
];

function lastLine(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /^(?:fatal|error|remote):/.test(line)) ?? lines.at(-1);
  return telling?.replaceAll(/\p{Cc}/gu, ' ').slice(0, 500) ?? 'it gave no reason.';
}
