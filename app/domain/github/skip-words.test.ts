import { expect, test } from 'vitest';
import { findSkipWords } from './skip-words.ts';

test.each([
  ['[skip ci]', '[skip ci]'],
  ['Fix a typo [ci skip]', '[ci skip]'],
  ['Fix a typo\n\nOnly words.\n[no ci]', '[no ci]'],
  ['[skip deploy] docs', '[skip deploy]'],
  ['x[SKIP CI]y', '[SKIP CI]'],
  ['[Skip Deploy][no ci]', '[Skip Deploy]'],
])('%j is skipped for %s', (message, words) => {
  expect(findSkipWords(message)).toBe(words);
});

test.each([
  '',
  'skip ci',
  '[skip  ci]',
  '[skip ci ]',
  '[skipci]',
  '(skip ci)',
  '[skip actions]',
  '[deploy skip]',
  '[no deploy]',
  '[skip\nci]',
])('%j is built', (message) => {
  expect(findSkipWords(message)).toBeUndefined();
});
