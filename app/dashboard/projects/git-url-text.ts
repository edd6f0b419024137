/** What a field for a Git URL may show again of what was typed into it. */
export interface ShownGitUrl {
  readonly text: string;
  /** Something was left out, because it may have been a secret: a person must type it again. */
  readonly isCut: boolean;
}

/**
 * A Git URL without the user and password in it. A password that was typed wrongly (with a slash, without a scheme)
 * is one still, so that whatever stands before an @ and may be one takes the whole text with it.
 */
export function showGitUrl(typed: string): ShownGitUrl {
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (url !== undefined && url.username + url.password !== '') {
    [url.username, url.password] = ['', ''];
    if (!url.href.includes('@')) return { text: url.href, isCut: true };
  }
  return mayHoldPassword(typed) ? { text: '', isCut: true } : { text: typed, isCut: false };
}

function mayHoldPassword(typed: string): boolean {
  const at = typed.lastIndexOf('@');
  if (at === -1) return false;
  const [, scheme = '', before = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(typed.slice(0, at)) ?? [];
  // `git@github.com:…` is how people write a URL for SSH; `https://host/@scope/…` has its @ in the path.
  const isHarmless = scheme === '' ? before === 'git' : before.includes('/') && !before.includes(':');
  return !isHarmless;
}
