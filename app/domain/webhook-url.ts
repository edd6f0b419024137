/** Longer URLs are refused: no server takes them. */
export const MAX_WEBHOOK_URL_LENGTH = 2048;
/** A path of this length holds no secret; a longer one may be nothing else. */
const MAX_OPEN_PATH_LENGTH = 10;
const SHOWN_END_LENGTH = 4;

export type ParsedWebhookUrl =
  | { readonly ok: true; readonly href: string; readonly hint: string }
  | { readonly ok: false; readonly message: string };

/** Parses what a person gives as the address of a receiver. Messages are for that person and repeat no secret. */
export function parseWebhookUrl(text: string): ParsedWebhookUrl {
  if (text.length > MAX_WEBHOOK_URL_LENGTH)
    return refuse(`The URL is longer than ${MAX_WEBHOOK_URL_LENGTH} characters.`);
  const url = URL.parse(text.trim());
  if (url === null) return refuse('This is no complete URL: give one that begins with https://.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refuse('Only https:// and http:// URLs can be told.');
  if (url.username !== '' || url.password !== '')
    return refuse('A user or password in the URL is not sent: put the secret into its path or query.');
  url.hash = '';
  return { ok: true, href: url.href, hint: hintOf(url) };
}

/** What people are shown of a URL: enough to know it by, too little to use it. */
function hintOf({ origin, pathname, search }: URL): string {
  const rest = pathname + search;
  if (search === '' && rest.length <= MAX_OPEN_PATH_LENGTH) return origin + rest;
  // Less than half of what may be the secret.
  const end = rest.length > 4 * SHOWN_END_LENGTH ? rest.slice(-SHOWN_END_LENGTH) : '';
  return `${origin}/…${end}`;
}

function refuse(message: string): ParsedWebhookUrl {
  return { ok: false, message };
}
