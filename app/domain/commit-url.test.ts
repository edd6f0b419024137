import { expect, test } from 'vitest';
import { commitUrl } from './commit-url.ts';

test.each([
  ['https://github.com/mdn/site', 'https://github.com/mdn/site/commit/abc'],
  ['https://github.com/mdn/site.git', 'https://github.com/mdn/site/commit/abc'],
  ['https://github.com/mdn/site.git/', 'https://github.com/mdn/site/commit/abc'],
  ['https://gitlab.com/group/sub/site.git', 'https://gitlab.com/group/sub/site/-/commit/abc'],
  ['https://gitlab.example.com:8443/a/b', 'https://gitlab.example.com:8443/a/b/-/commit/abc'],
  ['https://bitbucket.org/a/b.git', 'https://bitbucket.org/a/b/commits/abc'],
  ['https://codeberg.org/a/b', 'https://codeberg.org/a/b/commit/abc'],
  ['https://git.example.com/a/b', null],
  ['https://github.com.evil.test/a/b', null],
  ['https://constructor/a/b', null],
  ['file:///srv/site.git', null],
  [null, null],
])('a commit of %s is at %s', (gitUrl, url) => {
  expect(commitUrl(gitUrl, 'abc')).toBe(url);
});

test('there is no page of no commit', () => {
  expect(commitUrl('https://github.com/a/b', null)).toBeNull();
});
