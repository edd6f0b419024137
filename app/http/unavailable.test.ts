import { describe, expect, it } from 'vitest';
import { isUnavailable } from './unavailable.ts';

class StorageError extends Error {
  override readonly name = 'StorageError';
}

function withCode(code: string): Error {
  return Object.assign(new Error('failed'), { code });
}

describe('isUnavailable', () => {
  it.each([
    [withCode('ECONNREFUSED'), true],
    [withCode('57P01'), true],
    [new Error('Failed query', { cause: withCode('CONNECTION_CLOSED') }), true],
    [new Error('Failed query', { cause: withCode('ECONNRESET') }), true],
    [new StorageError('the disk'), true],
    [withCode('23505'), false],
    [new Error('Failed query', { cause: withCode('22021') }), false],
    [new TypeError('a bug'), false],
    ['a string', false],
    [undefined, false],
  ])('%s → %s', (error, unavailable) => {
    expect(isUnavailable(error)).toBe(unavailable);
  });

  it('ends on errors that cause each other', () => {
    const error = new Error('one');
    error.cause = new Error('other', { cause: error });
    expect(isUnavailable(error)).toBe(false);
  });
});
