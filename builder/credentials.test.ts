import { expect, it } from 'vitest';
import { credentialsOf } from './credentials.ts';

it.each([
  ['https://github.com/a/b.git', []],
  ['https://x-access-token:ghs_abc@github.com/a/b.git', ['ghs_abc']],
  ['https://TOKEN@github.com/a/b.git', ['TOKEN']],
  ['https://me:p%40ss@example.org/', ['p%40ss', 'p@ss']],
  ['https://me:100%25%zz@example.org/', ['100%25%zz']],
  ['file:///srv/repo', []],
  ['not a URL', []],
])('%s holds the secrets %j', (url, secrets) => {
  expect(credentialsOf(url)).toEqual(secrets);
});
