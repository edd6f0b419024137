import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FRAMEWORK_VARIABLES } from '../app/domain/build-spec.ts';
import {
  checkVariableName,
  maskedValues,
  MAX_VARIABLE_VALUE_BYTES,
  MAX_VARIABLES,
  MAX_VARIABLES_BYTES,
  MIN_MASKED_LENGTH,
} from '../app/domain/environment-variables.ts';
import { readPart } from '../test/support/documents.ts';

describe('docs/environment-variables.md', async () => {
  const page = await readFile(path.join(import.meta.dirname, 'environment-variables.md'), 'utf8');
  const text = page.replaceAll('\n', ' ');
  const namesIn = (part: string) => [...part.matchAll(/`([A-Za-z_…]+)`/g)].map(([, name = '']) => name);

  it('has each variable for frameworks, and no other', () => {
    const told = [...readPart(page, 'framework-variables').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(told).toEqual([...FRAMEWORK_VARIABLES]);
  });

  it('tells the bounds', () => {
    for (const words of [
      `at most ${MAX_VARIABLES} variables and ${MAX_VARIABLES_BYTES / 1024} KiB`,
      `one value has at most ${MAX_VARIABLE_VALUE_BYTES / 1024} KiB`,
      `values of less than ${MIN_MASKED_LENGTH} characters`,
    ]) {
      expect(text).toContain(words);
    }
  });

  it('names reserved names that are refused, and free ones that are not', () => {
    const [, table = ''] = /Refused are:(.*?)`NODE_OPTIONS`/s.exec(page) ?? [];
    const refused = namesIn(table.replaceAll(/^\| ([^|]*)\|.*$/gm, '$1')).map((name) =>
      name.replace('…', 'X'),
    );
    expect(refused.length).toBeGreaterThan(15);
    expect(refused.filter((name) => checkVariableName(name) === undefined)).toEqual([]);
    const free = ['NODE_OPTIONS', 'CI', 'NODE_ENV', 'URL', 'NETLIFY', 'VERCEL'];
    expect(free.filter((name) => checkVariableName(name) !== undefined)).toEqual([]);
  });

  it('names the values that are never masked', () => {
    const [, words = ''] = /^- (`production`.*);$/m.exec(page) ?? [];
    expect(namesIn(words)).toHaveLength(3);
    expect(maskedValues(namesIn(words))).toEqual([]);
  });
});
