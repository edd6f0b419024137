import { describe, expect, test } from 'vitest';
import { createLogLines, type LogLine } from './lines.ts';

function line(seq: number, changes: Partial<LogLine> = {}): LogLine {
  return {
    attempt: 1,
    seq,
    at: 1000 + seq,
    phase: 'build',
    stream: 'stdout',
    text: `line ${seq}`,
    ...changes,
  };
}

function filled(...all: LogLine[]) {
  const lines = createLogLines();
  for (const one of all) lines.append(one);
  return lines;
}

test('gives back what it took, also beyond its first capacity', () => {
  const all = Array.from({ length: 5000 }, (_, index) =>
    line(index + 1, { stream: index % 3 === 0 ? 'stderr' : 'stdout', at: index * 1e9 }),
  );
  const lines = filled(...all);
  expect(lines.count()).toBe(5000);
  const read = all.map((_, index) => ({
    attempt: lines.attempt(index),
    seq: lines.seq(index),
    at: lines.at(index),
    phase: lines.phase(index),
    stream: lines.stream(index),
    text: lines.text(index),
  }));
  expect(read).toEqual(all);
});

test('a line that comes twice, or late, is there once', () => {
  const lines = filled(line(1), line(2), line(2), line(1), line(3), line(1, { attempt: 2 }), line(4));
  const numbers = Array.from({ length: lines.count() }, (_, index) => [
    lines.attempt(index),
    lines.seq(index),
  ]);
  expect(numbers).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 1],
  ]);
});

test('finds lines by attempt and number, and knows the runs of phases', () => {
  const lines = filled(
    line(0, { phase: 'deploy' }),
    line(1, { phase: 'install' }),
    line(2, { phase: 'install' }),
    line(5),
    line(0xffff_ffff, { phase: 'deploy' }),
    line(1, { attempt: 2, phase: 'install' }),
  );
  expect([lines.find(1, 0), lines.find(1, 5), lines.find(1, 0xffff_ffff), lines.find(2, 1)]).toEqual([
    0, 3, 4, 5,
  ]);
  expect([lines.find(1, 3), lines.find(3, 1), lines.find(2, 0)]).toEqual([undefined, undefined, undefined]);
  expect(lines.attempts()).toEqual([1, 2]);
  expect(Array.from({ length: lines.runs() + 1 }, (_, run) => lines.runStart(run))).toEqual([
    0, 1, 3, 4, 5, 6,
  ]);
  expect([0, 1, 2, 3, 4, 5].map((index) => lines.runOf(index))).toEqual([0, 1, 1, 2, 3, 4]);
});

describe('colours that a line leaves on', () => {
  test('reach the next lines of its stream, until they are reset', () => {
    const lines = filled(
      line(1, { text: '\u001b[31mError' }),
      line(2, { text: 'other', stream: 'stderr' }),
      line(3, { text: '  at a.js' }),
      line(4, { text: '\u001b[0mdone' }),
      line(5),
    );
    expect([0, 1, 2, 3, 4].map((index) => lines.carried(index))).toEqual([
      '',
      '',
      '\u001b[31m',
      '\u001b[31m',
      '',
    ]);
  });

  test('end with their phase', () => {
    const lines = filled(line(1, { text: '\u001b[31mError' }), line(2, { phase: 'publish' }));
    expect(lines.carried(1)).toBe('');
  });
});
