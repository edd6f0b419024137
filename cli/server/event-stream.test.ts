import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventParser, type StreamEvent } from './event-stream.ts';

function parse(...chunks: string[]): StreamEvent[] {
  const parser = createEventParser();
  return chunks.flatMap((chunk) => parser(chunk));
}

const STREAM =
  ': hello\n\nid: 1.1\ndata: {"a":1}\n\nevent: delayed\ndata: {}\n\nid: 1.2\ndata: x\ndata: y\n\n';
const EVENTS = [
  { event: 'message', data: '{"a":1}', lastId: '1.1' },
  { event: 'delayed', data: '{}', lastId: '1.1' },
  { event: 'message', data: 'x\ny', lastId: '1.2' },
];

describe('an event stream', () => {
  it('is read in whatever pieces it comes', () => {
    expect(parse(STREAM)).toEqual(EVENTS);
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const chunks = places.slice(1).map((end, index) => STREAM.slice(places[index], end));
        expect(parse(...chunks)).toEqual(EVENTS);
      }),
    );
  });

  it.each([
    ['Windows line ends', 'data: a\r\n\r\n'],
    ['Windows line ends across pieces', 'data: a\r|\n\r|\n'],
    ['no space behind the colon', 'data:a\n\n'],
    ['fields that nobody knows', 'retry: 1\nfoo\ndata: a\n\n'],
  ])('may have %s', (_, text) => {
    expect(parse(...text.split('|'))).toEqual([{ event: 'message', data: 'a', lastId: undefined }]);
  });

  it('has no event without data, and none that is not whole', () => {
    expect(parse('event: x\n\nid: 1\n\ndata: a\n')).toEqual([]);
  });

  it('is given up when one event never ends', () => {
    const parser = createEventParser();
    expect(() => {
      for (let chunk = 0; chunk < 100; chunk += 1) parser('x'.repeat(64 * 1024));
    }).toThrow('no end');
  });
});
