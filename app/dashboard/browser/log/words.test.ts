import { expect, test } from 'vitest';
import { formatState } from './words.ts';
import type { SourceState } from './source.ts';

const ended = (status: string, missing: number): SourceState => ({
  kind: 'ended',
  result: { status, missing, complete: missing === 0 },
});

test.each<[SourceState, string, string]>([
  [{ kind: 'loading' }, 'busy', 'Loading…'],
  [{ kind: 'live' }, 'busy', 'Live'],
  [{ kind: 'reconnecting' }, 'busy', 'Connection lost, reconnecting…'],
  [{ kind: 'delayed' }, 'busy', 'Delayed: the log’s store is out of reach. No line is lost.'],
  [{ kind: 'gone' }, 'idle', 'This deployment was deleted.'],
  [ended('ready', 0), 'ready', 'Ready · log complete'],
  [ended('failed', 1203), 'busy', 'Failed · 1,203 lines of the log missing'],
  [ended('failed', 1), 'busy', 'Failed · 1 line of the log missing'],
  [ended('something', 0), 'idle', 'something · log complete'],
])('%j is told as %s: "%s"', (state, look, text) => {
  expect(formatState(state)).toEqual({ look, text });
});
