import { describe, expect, it } from 'vitest';
import { LAST_WORD_SEQ } from '../../../contracts/log-line.ts';
import { BEGINNING, formatCursor, parseCursor } from './cursor.ts';

describe('a cursor', () => {
  it.each([BEGINNING, { attempt: 1, seq: 1 }, { attempt: 12, seq: 345 }, { attempt: 2, seq: LAST_WORD_SEQ }])(
    'comes back as it was: %o',
    (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    },
  );

  it.each(['', '1', '1.', '.1', '1.2.3', '-1.2', '1.4294967296', '1e3.1', ' 1.1', '1.1\n', '99999999999.1'])(
    'is nothing else: %j',
    (text) => {
      expect(parseCursor(text)).toBeUndefined();
    },
  );
});
