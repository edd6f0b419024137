import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branchSlugOf,
  formatLabel,
  type HostLabel,
  isProjectSlug,
  labelOfHost,
  MAX_LABEL_LENGTH,
  MAX_PROJECT_SLUG_LENGTH,
  parseLabel,
  projectSlugOf,
} from './host.ts';

const ID = 'abcdefghij0123456789';
const shop = { id: ID, slug: 'shop' };

const lower = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
const slugOf = (maxLength: number) =>
  fc
    .array(fc.constantFrom(...lower, '-'), { minLength: 1, maxLength })
    .map((characters) => characters.join(''))
    .filter((text) => isProjectSlug(text));
const project = fc.record({
  id: fc.array(fc.constantFrom(...lower), { minLength: 20, maxLength: 20 }).map((each) => each.join('')),
  slug: slugOf(MAX_PROJECT_SLUG_LENGTH),
});
/** Names that people give branches, and names made to look like other things. */
const branch = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
  fc.constantFrom(
    'main',
    'pr-1',
    'pr-12',
    'feature/x',
    'feature-x',
    'Feature/X',
    ID,
    'a--b',
    '-',
    '---',
    'xn--a',
    '../..',
    '',
  ),
  slugOf(30),
  slugOf(21).map((slug) => `${slug}-0a1b2c3d`),
  fc.array(fc.constantFrom('a', 'B', '-', '/', '_', '1'), { maxLength: 90 }).map((each) => each.join('')),
);

describe('a label', () => {
  it('reads back as what it was written from', () => {
    const host = fc.oneof(
      project.map(({ slug }): HostLabel => ({ kind: 'production', project: slug })),
      fc.tuple(project, branch).map(([each, name]): HostLabel => ({
        kind: 'branch',
        project: each.slug,
        slug: branchSlugOf(name, each),
      })),
      fc
        .tuple(project, fc.integer({ min: 1, max: 9_999_999_999 }))
        .map(([{ slug }, number]): HostLabel => ({ kind: 'pull-request', project: slug, number })),
      project.map(({ id, slug }): HostLabel => ({ kind: 'deployment', project: slug, deploymentId: id })),
    );
    fc.assert(
      fc.property(host, (each) => {
        const label = formatLabel(each);
        expect(label.length).toBeLessThanOrEqual(MAX_LABEL_LENGTH);
        expect(label).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
        expect(parseLabel(label)).toEqual(each);
      }),
      { numRuns: 5000 },
    );
  });

  it('of what was parsed is written the same again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), branch), (text) => {
        const parsed = parseLabel(text);
        return parsed === undefined || formatLabel(parsed) === text;
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['shop', { kind: 'production', project: 'shop' }],
    ['my-shop', { kind: 'production', project: 'my-shop' }],
    ['feature-x--shop', { kind: 'branch', project: 'shop', slug: 'feature-x' }],
    ['pr-12--shop', { kind: 'pull-request', project: 'shop', number: 12 }],
    [`${ID}--shop`, { kind: 'deployment', project: 'shop', deploymentId: ID }],
    ['pr-0--shop', { kind: 'branch', project: 'shop', slug: 'pr-0' }],
    ['pr-012--shop', { kind: 'branch', project: 'shop', slug: 'pr-012' }],
  ])('%s is %j', (label, expected) => {
    expect(parseLabel(label)).toEqual(expected);
  });

  it.each([
    '',
    '-',
    '-a',
    'a-',
    'A',
    'a.b',
    'a_b',
    'ü',
    '--shop',
    'a--',
    'a----b',
    'a--b--c',
    'xn--shop',
    'a---b',
    'a'.repeat(31),
    `x--${'a'.repeat(31)}`,
    'a'.repeat(64),
  ])('%s is none of ours', (label) => {
    expect(parseLabel(label)).toBeUndefined();
  });
});

describe('branches', () => {
  it('of one project never share a host', () => {
    fc.assert(
      fc.property(project, branch, branch, (each, one, other) => {
        fc.pre(one !== other);
        expect(branchSlugOf(one, each)).not.toBe(branchSlugOf(other, each));
      }),
      { numRuns: 20_000 },
    );
  });

  it('never take the host of a pull request, a deployment, or production', () => {
    fc.assert(
      fc.property(project, branch, (each, name) => {
        const label = formatLabel({ kind: 'branch', project: each.slug, slug: branchSlugOf(name, each) });
        expect(parseLabel(label)?.kind).toBe('branch');
      }),
      { numRuns: 5000 },
    );
  });

  it('that differ in case, slashes or length only have hosts of their own', () => {
    const names = [
      'feature-x',
      'feature/x',
      'Feature-X',
      'feature_x',
      'feature--x',
      'feature-x-',
      `f${'x'.repeat(80)}`,
      `f${'x'.repeat(81)}`,
    ];
    const slugs = names.map((name) => branchSlugOf(name, shop));
    expect(new Set(slugs).size).toBe(names.length);
    expect(slugs[0]).toBe('feature-x');
  });

  it('can’t be named like the hash of another', () => {
    const victim = branchSlugOf('Feature/X', shop);
    expect(victim).toMatch(/^feature-x-[0-9a-f]{8}$/);
    expect(branchSlugOf(victim, shop)).not.toBe(victim);
  });

  it.each([
    ['main', 'main'],
    ['release-2', 'release-2'],
    ['pr-7', /^pr-7-[0-9a-f]{8}$/],
    [ID, /^abcdefghij0123456789-[0-9a-f]{8}$/],
    ['日本語', /^branch-[0-9a-f]{8}$/],
    ['feature/login', /^feature-login-[0-9a-f]{8}$/],
    ['xn--abc', /^xn-abc-[0-9a-f]{8}$/],
    ['xn', /^xn-[0-9a-f]{8}$/],
  ])('named %s have the slug %s', (name, expected) => {
    expect(branchSlugOf(name, shop)).toMatch(expected);
  });
});

describe('project slugs', () => {
  it.each([
    ['My Shop', 'my-shop'],
    ['--Hello--', 'hello'],
    ['a__b', 'a-b'],
    ['x'.repeat(40), 'x'.repeat(30)],
    [`${'x'.repeat(29)} y`, 'x'.repeat(29)],
    ['日本', undefined],
    ['', undefined],
  ])('of %j is %s', (name, expected) => {
    expect(projectSlugOf(name)).toBe(expected);
  });

  it('that are made are valid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const slug = projectSlugOf(name);
        return slug === undefined || isProjectSlug(slug);
      }),
    );
  });
});

describe('a Host header', () => {
  it.each([
    ['shop.localhost', 'shop'],
    ['SHOP.LocalHost:8000', 'shop'],
    ['shop.localhost.', 'shop'],
    ['a--shop.localhost', 'a--shop'],
    ['localhost', undefined],
    ['.localhost', undefined],
    ['a.b.localhost', undefined],
    ['shop.localhost.evil.com', undefined],
    ['shopxlocalhost', undefined],
    ['shop.localhost:x', undefined],
    ['shop.localhost..', undefined],
    ['-shop.localhost', undefined],
    ['', undefined],
  ])('%s names the label %s', (host, label) => {
    expect(labelOfHost(host, 'localhost')).toBe(label);
  });
});
