import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGES = ['../README.md', 'first-site.md', 'rollback.md', 'logs.md'];
/** What is to be pressed stands in bold type, begins with a capital letter, and ends no sentence. */
const BUTTON = /\*\*([A-Z][^*]*[^*.])\*\*/g;

describe('guides', async () => {
  const sources = await readSources('../app/dashboard');

  it.each(PAGES)('name in %s buttons and fields that the dashboard has', async (page) => {
    const text = (await readFile(path.join(import.meta.dirname, page), 'utf8')).replaceAll('\n', ' ');
    const named = [...text.matchAll(BUTTON)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !sources.includes(name))).toEqual([]);
  });
});

async function readSources(folder: string): Promise<string> {
  const cwd = path.join(import.meta.dirname, folder);
  const texts: string[] = [];
  for await (const file of glob('**/*.ts', { cwd })) {
    if (!file.endsWith('.test.ts')) texts.push(await readFile(path.join(cwd, file), 'utf8'));
  }
  return texts.join('\n');
}
