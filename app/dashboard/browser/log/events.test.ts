import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { createEventParser } from './events.ts';

const STREAM = [
  'retry: 1000\n\n',
  'id: 1.1\ndata: {"text":"a\\n"}\n\n',
  ': still here\n\n',
  'event: delayed\ndata: {}\n\n',
  'id: 1.2\ndata: {"text":"data: "}\n\n',
  'event: result\ndata: {"status":"ready"}\n\n',
].join('');
const EVENTS = [
  { event: 'message', data: '{"text":"a\\n"}' },
  { event: 'delayed', data: '{}' },
  { event: 'message', data: '{"text":"data: "}' },
  { event: 'result', data: '{"status":"ready"}' },
];

test('finds the events of a stream, however it is cut', () => {
  assert(
    property(integer({ min: 1, max: STREAM.length }), (size) => {
      const parser = createEventParser();
      const chunks = STREAM.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(chunks.flatMap((chunk) => parser.push(chunk))).toEqual(EVENTS);
    }),
  );
});

test('an event that did not end is none', () => {
  expect(createEventParser().push('event: result\ndata: {}\n')).toEqual([]);
});
