import { describe, expect, it } from 'vitest';
import { MAX_TARGET_LENGTH, parseTarget } from './target.ts';

describe('a request target', () => {
  it.each([
    ['/', '', ''],
    ['/a/b', 'a/b', ''],
    ['/a/?x=1&y=%2F', 'a/', '?x=1&y=%2F'],
    ['/a?', 'a', '?'],
    ['/a%20b', 'a b', ''],
    ['/%C3%BC', 'ü', ''],
    ['/a%2Fb', 'a%2Fb', ''],
    ['/a%2fb', 'a%2fb', ''],
    ['/%252F', '%2F', ''],
    ['/%25', '%', ''],
    ['/%3Fx', '?x', ''],
    ['/a?b?c', 'a', '?b?c'],
    ['//evil.com/x', '/evil.com/x', ''],
    ['/../../etc/passwd', '../../etc/passwd', ''],
    ['/%2e%2e/x', '../x', ''],
    ['http://demo.localhost/x?y', 'x', '?y'],
    ['http://demo.localhost', '', ''],
    ['http://demo.localhost?x', '', '?x'],
    ['/a?%zz\\', 'a', '?%zz\\'],
  ])('%s is the path %j with the query %j', (target, path, query) => {
    expect(parseTarget(target)).toEqual({ ok: true, path, query });
  });

  it.each([
    '/%',
    '/%zz',
    '/%C3',
    '/%C3%28',
    '/%00',
    '/a%00.html',
    '/a\\b',
    '/%5C',
    '/a%5cb',
    '/a#b',
    '*',
    'a',
    '/%ED%A0%80',
  ])('%s is refused with 400', (target) => {
    expect(parseTarget(target)).toMatchObject({ ok: false, status: 400 });
  });

  it('is refused with 414 when it is too long', () => {
    expect(parseTarget(`/${'a'.repeat(MAX_TARGET_LENGTH - 1)}`)).toMatchObject({ ok: true });
    expect(parseTarget(`/${'a'.repeat(MAX_TARGET_LENGTH)}`)).toMatchObject({ ok: false, status: 414 });
  });
});
