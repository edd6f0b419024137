import { expect, test } from 'vitest';
import { showGitUrl } from './git-url-text.ts';

test.each([
  ['https://github.com/owner/site', 'https://github.com/owner/site'],
  ['https://host.example/@scope/site', 'https://host.example/@scope/site'],
  ['git@github.com:owner/site.git', 'git@github.com:owner/site.git'],
  ['file:///srv/git/site', 'file:///srv/git/site'],
  ['owner/site', 'owner/site'],
  ['<script>', '<script>'],
  ['', ''],
])('%j is shown as %j', (typed, text) => {
  expect(showGitUrl(typed)).toEqual({ text, isCut: false });
});

test.each([
  ['https://ada:s3cret@host.example/site', 'https://host.example/site'],
  ['https://s3cret@host.example/site', 'https://host.example/site'],
  ['https://:s3cret@host.example/site?x#y', 'https://host.example/site?x#y'],
  ['ftp://ada:s3cret@host.example/site', 'ftp://host.example/site'],
  ['https://ada:1/s3cret@host.example/site', ''],
  ['https://ada:s3cret/x@host.example/site', ''],
  ['https://ada:s3@cret@host.example/@x', ''],
  ['https://s3cret with space@host.example/site', 'https://host.example/site'],
  ['ada:s3cret@host.example/site', ''],
  ['s3cret@host.example:owner/site', ''],
  ['https//ada:s3cret@host.example', ''],
  ['https:/ada:s3cret@host.example', 'https://host.example/'],
  ['HTTPS://ada:s3cret@-host/site', 'https://-host/site'],
  [' https://ada:s3cret@host.example/a b', 'https://host.example/a%20b'],
])('of %j no secret is shown', (typed, text) => {
  const shown = showGitUrl(typed);
  expect(shown).toEqual({ text, isCut: true });
  expect(shown.text).not.toContain('s3');
});
