import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProjectSlug } from '../../contracts/host.ts';
import { MAX_PROJECT_NAME_LENGTH, projectNameOf, slugCandidates, slugOfName } from './project-name.ts';

describe('projectNameOf', () => {
  it.each([
    ['my-site', 'my-site'],
    ['Mein Café', 'Mein Café'],
    ['', 'site'],
    ['   ', 'site'],
    ['a\u0000b\nc\u202Ed', 'abcd'],
    ['x'.repeat(500), 'x'.repeat(MAX_PROJECT_NAME_LENGTH)],
  ])('names %j %j', (hint, name) => {
    expect(projectNameOf(hint)).toBe(name);
  });
});

describe('slugOfName', () => {
  it.each([
    ['my-site', 'my-site'],
    ['My Site', 'my-site'],
    ['Café Müller', 'cafe-muller'],
    ['a--b', 'a-b'],
    ['xn--bcher-kva', 'xn-bcher-kva'],
    ['-leading and trailing-', 'leading-and-trailing'],
    ['abcdefghijklmnopqrstuvwxyz-123-longer', 'abcdefghijklmnopqrstuvwxyz-123'],
    ['日本', 'site'],
    ['', 'site'],
    ['pr-7', 'pr-7'],
  ])('makes %j of %j', (name, slug) => {
    expect(slugOfName(name)).toBe(slug);
  });

  it('is a valid slug for every name', () => {
    assert(property(string({ unit: 'binary' }), (name) => isProjectSlug(slugOfName(name))));
  });
});

describe('slugCandidates', () => {
  it('starts with the slug itself and counts from 2', () => {
    expect(slugCandidates('blog').slice(0, 3)).toEqual(['blog', 'blog-2', 'blog-3']);
  });

  it('stays within the length of a slug, without a double hyphen', () => {
    expect(slugCandidates('abcdefghijklmnopqrstuvwxyz-1-x')[1]).toBe('abcdefghijklmnopqrstuvwxyz-1-2');
    expect(slugCandidates('a'.repeat(30))[98]).toBe(`${'a'.repeat(27)}-99`);
  });

  it('offers 99 different valid slugs for every name', () => {
    assert(
      property(string({ unit: 'binary' }), (name) => {
        const candidates = slugCandidates(slugOfName(name));
        return new Set(candidates).size === 99 && candidates.every(isProjectSlug);
      }),
    );
  });
});
