import { expect, test } from 'vitest';
import { formatLogLine } from './log-lines.ts';

const frame = { time: 1, pid: 2, hostname: 'vm', name: 'app' };
const lineOf = (entry: object) => JSON.stringify({ ...frame, ...entry });

test.each([
  [
    'a warning with its cause, without the stack',
    lineOf({
      level: 40,
      msg: 'the queue is out of reach',
      err: { message: 'refused', stack: 'Error\n at x' },
    }),
    'app: warning: the queue is out of reach: refused',
  ],
  [
    'an error with its stack: it is ours to mend',
    lineOf({ level: 50, msg: 'a request failed', err: { message: 'no x', stack: 'Error: no x\n    at y' } }),
    'app: error: a request failed: no x\n  Error: no x\n      at y',
  ],
  [
    'an error of a server without the stack of its client',
    lineOf({
      level: 50,
      msg: 'the queue failed',
      err: { message: 'gone', code: '57P02', stack: 'Error\n at x' },
    }),
    'app: error: the queue failed: gone',
  ],
  [
    'what it is about',
    lineOf({ level: 30, msg: 'built', slot: 3, id: 'a' }),
    'app: info: built (slot 3, id a)',
  ],
  ['a line that is no log', 'Killed', 'Killed'],
  ['JSON that is no log', '[1]', '[1]'],
  ['an escape sequence in a name', lineOf({ level: 40, msg: '\u001b[2Jgone' }), 'app: warning: ?[2Jgone'],
])('shows %s', (_what, line, shown) => {
  expect(formatLogLine('app', line)).toBe(shown);
});
