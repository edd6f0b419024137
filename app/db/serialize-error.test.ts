import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { serializeError } from './serialize-error.ts';

describe('an error in the log', () => {
  it('of a statement says the statement and the cause, and no value', () => {
    const cause = Object.assign(new Error('duplicate key value'), { code: '23505' });
    const error = new DrizzleQueryError('insert into x values ($1)', ['ada@example.com'], cause);
    const written = JSON.stringify(serializeError(error));
    expect(written).toContain('insert into x values ($1)');
    expect(written).toContain('duplicate key value');
    expect(written).toContain('23505');
    expect(written).not.toContain('ada@example.com');
  });

  it('of any other kind is as pino writes it', () => {
    expect(serializeError(new TypeError('no such thing'))).toMatchObject({
      type: 'TypeError',
      message: 'no such thing',
      stack: expect.stringContaining('serialize-error.test.ts'),
    });
    expect(serializeError('words')).toBe('words');
  });
});
