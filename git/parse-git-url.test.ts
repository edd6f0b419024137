import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGitUrl, MAX_GIT_URL_LENGTH, parseGitUrl } from './parse-git-url.ts';

const parse = (text: string, allowLocal = false) => parseGitUrl(text, { allowLocal });

describe('a Git URL', () => {
  it.each([
    ['https://github.com/owner/site', 'https://github.com/owner/site', 'site'],
    ['https://github.com/owner/site.git', 'https://github.com/owner/site.git', 'site'],
    ['HTTPS://GitHub.com/owner/site/', 'https://github.com/owner/site', 'site'],
    ['http://git.example.com:8080/a/b/c', 'http://git.example.com:8080/a/b/c', 'c'],
    ['https://example.com:443/x', 'https://example.com/x', 'x'],
    ['https://example.com./x', 'https://example.com/x', 'x'],
    ['https://example.com', 'https://example.com', 'example.com'],
    ['https://example.com/a%20b', 'https://example.com/a%20b', 'a b'],
    ['https://bücher.example/x', 'https://xn--bcher-kva.example/x', 'x'],
    ['https://[2606:4700::1]/x', 'https://[2606:4700::1]/x', 'x'],
    ['https://0x7f.1/x', 'https://127.0.0.1/x', 'x'],
  ])('%s is taken as %s', (text, href, nameHint) => {
    expect(parse(text)).toEqual({ ok: true, href, nameHint, credentials: null, isLocal: false });
  });

  it.each([
    ['https://token@example.com/x', 'token:'],
    ['https://ada:secret@example.com/x', 'ada:secret'],
    ['https://ada:s%3Acr%40t@example.com/x', 'ada:s:cr@t'],
    ['https://:secret@example.com/x', ':secret'],
  ])('%s gives its credentials apart', (text, credentials) => {
    const parsed = parse(text);
    expect(parsed).toMatchObject({ ok: true, href: 'https://example.com/x', credentials });
  });

  it.each([
    ['git@github.com:owner/site.git', 'SSH'],
    ['ssh://git@github.com/owner/site', 'SSH'],
    ['git://github.com/owner/site', 'https://'],
    ['ext::sh -c id', 'white space'],
    ['ext::id', 'https://'],
    ['ftp://example.com/x', 'https://'],
    ['javascript:alert(1)', 'https://'],
    ['github.com/owner/site', 'complete'],
    ['owner/site', 'complete'],
    ['', 'empty'],
    ['https://', 'complete'],
    ['--upload-pack=id', 'hyphen'],
    ['-x', 'hyphen'],
    ['https://example.com/a\nb', 'control'],
    ['https://example.com/a b', 'white space'],
    ['https://example.com/a\0', 'control'],
    ['https://example.com/%0a', 'path'],
    ['https://example.com/%zz', 'path'],
    ['https://example.com/x?y=1', 'query'],
    ['https://example.com/x#main', 'fragment'],
    ['https://-example.com/x', 'host'],
    ['https://+example.com/x', 'host'],
    ['https://exa,mple.com/x', 'host'],
    ['https://a:b:c%00@example.com/x', 'user name'],
    ['https://a%3Ab:c@example.com/x', 'user name'],
    ['https://a:%0d%0ax@example.com/x', 'user name'],
    [`https://example.com/${'x'.repeat(MAX_GIT_URL_LENGTH)}`, 'longer'],
    ['file:///srv/git/x', 'OFFSHOOT_ALLOW_LOCAL_REPOSITORIES'],
    ['/srv/git/x', 'OFFSHOOT_ALLOW_LOCAL_REPOSITORIES'],
  ])('%j is refused with a sentence about it', (text, expected) => {
    const parsed = parse(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok || parsed.message).toContain(expected);
  });

  it.each([
    ['file:///srv/git/site.git', 'file:///srv/git/site.git', 'site'],
    ['/srv/git/site.git/', 'file:///srv/git/site.git', 'site'],
    ['/srv/a b/ü?#%/.git', 'file:///srv/a%20b/%C3%BC%3F%23%25/.git', 'ü?#%'],
  ])('%s may be local when the operator allows it', (text, href, nameHint) => {
    const isSpaced = text.includes(' ');
    expect(parse(text, true).ok).toBe(!isSpaced);
    if (isSpaced) return;
    expect(parse(text, true)).toEqual({ ok: true, href, nameHint, credentials: null, isLocal: true });
  });

  it.each(['file://host/x', 'file:x', 'file:../x'])(
    '%s is refused although local ones are allowed',
    (text) => {
      expect(parse(text, true).ok).toBe(false);
    },
  );

  it('never has its password in the message about it', () => {
    for (const text of [
      'ftp://ada:s3cret@h/x',
      'ssh://ada:s3cret@h/x',
      'https://ada:s3cret@-h/x',
      'https://a:s3cret@h/x?y',
    ]) {
      const parsed = parse(text);
      expect(parsed.ok || parsed.message).not.toContain('s3cret');
    }
  });

  it('is put together again with any credentials', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/\p{Cc}/u.test(text));
    const user = word.filter((text) => !text.includes(':'));
    fc.assert(
      fc.property(user, word, (name, password) => {
        fc.pre(name + password !== '');
        const credentials = `${name}:${password}`;
        const parsed = parse(formatGitUrl('https://example.com/x', credentials));
        expect(parsed).toMatchObject({ ok: true, href: 'https://example.com/x', credentials });
      }),
    );
  });
});
