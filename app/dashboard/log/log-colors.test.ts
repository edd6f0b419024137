import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { contrastOf, MIN_CONTRAST, parseHex } from '../browser/log/color.ts';

const css = readFileSync(path.join(import.meta.dirname, '../assets/style.css'), 'utf8');
const SCHEMES = ['light', 'dark'] as const;

/** The value of a token in one scheme. */
function token(name: string, scheme: (typeof SCHEMES)[number]): string {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css) ?? [];
  const value = scheme === 'light' ? light : dark;
  if (value === undefined) throw new Error(`style.css has no token --${name} with two colours`);
  return value.length === 4 ? value.replace(/\w/g, '$&$&') : value;
}

const names = [...css.matchAll(/--a-(\w+):/g)].map(([, name]) => name ?? '');
const behind = ['sheet', 'sunken', 'log-chosen'];

describe.each(SCHEMES)('in the %s scheme', (scheme) => {
  test('there are 16 colours of terminals', () => {
    expect(new Set(names).size).toBe(16);
  });

  test.each(names.flatMap((name) => behind.map((paper) => [name, paper])))(
    '%s can be read on --%s',
    (name, paper) => {
      const contrast = contrastOf(parseHex(token(`a-${name}`, scheme)), parseHex(token(paper ?? '', scheme)));
      expect(contrast).toBeGreaterThanOrEqual(MIN_CONTRAST);
    },
  );

  test('what is found by a search can be read', () => {
    const contrast = contrastOf(parseHex(token('ink', scheme)), parseHex(token('log-hit', scheme)));
    expect(contrast).toBeGreaterThanOrEqual(MIN_CONTRAST);
    expect(
      contrastOf(parseHex('#1b1200'), parseHex(token('log-hit-current', scheme))),
    ).toBeGreaterThanOrEqual(MIN_CONTRAST);
  });
});

test('text on each of the 16 as a background can be read', () => {
  const backgrounds = [...css.matchAll(/^\.bg-(\w+) \{\n {2}background: (#\w{6});/gm)];
  expect(backgrounds).toHaveLength(16);
  const dark = new Set(
    [...css.matchAll(/\.log :is\(([^)]*)\) \{\n {2}color: #111;/g)].flatMap(
      ([, list]) => list?.split(/,\s*/) ?? [],
    ),
  );
  for (const [, name, background] of backgrounds) {
    const ink = dark.has(`.bg-${name}`) ? '#111111' : '#ffffff';
    expect([name, contrastOf(parseHex(ink), parseHex(background ?? '')) >= MIN_CONTRAST]).toEqual([
      name,
      true,
    ]);
  }
});

test('exact colours are made readable on the sheet that the style sheet has', () => {
  const rows = readFileSync(path.join(import.meta.dirname, '../browser/log/rows.ts'), 'utf8');
  expect(rows).toContain(`parseHex('${token('sheet', 'light')}'), parseHex('${token('sheet', 'dark')}')`);
});
