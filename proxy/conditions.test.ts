import { describe, expect, it } from 'vitest';
import { decideConditions, isRangeCurrent } from './conditions.ts';

const none = { ifMatch: undefined, ifNoneMatch: undefined };

describe('with the etag "a"', () => {
  it.each([
    [undefined, 'send'],
    ['"a"', 'not-modified'],
    ['W/"a"', 'not-modified'],
    ['*', 'not-modified'],
    [' * ', 'not-modified'],
    ['"b", "a"', 'not-modified'],
    ['"b",W/"a"', 'not-modified'],
    ['"b"', 'send'],
    ['a', 'send'],
    ['"a', 'send'],
    ['"a-br"', 'send'],
    ['', 'send'],
    ['"x,"a""', 'send'],
  ])('If-None-Match %s: %s', (ifNoneMatch, expected) => {
    expect(decideConditions({ ...none, ifNoneMatch }, '"a"')).toBe(expected);
  });

  it.each([
    ['"a"', 'send'],
    ['*', 'send'],
    ['"b", "a"', 'send'],
    ['W/"a"', 'precondition-failed'],
    ['"b"', 'precondition-failed'],
    ['', 'precondition-failed'],
  ])('If-Match %s: %s', (ifMatch, expected) => {
    expect(decideConditions({ ...none, ifMatch }, '"a"')).toBe(expected);
  });

  it.each([
    [undefined, true],
    ['"a"', true],
    ['W/"a"', false],
    ['"b"', false],
    ['Sun, 06 Nov 1994 08:49:37 GMT', false],
  ])('If-Range %s is current: %s', (ifRange, expected) => {
    expect(isRangeCurrent(ifRange, '"a"')).toBe(expected);
  });
});
