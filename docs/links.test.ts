import { glob, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..');
const PAGES = '{*.md,docs/*.md,docs/decisions/*.md}';
const MAX_IMAGE_BYTES = 200_000;

interface Page {
  readonly file: string;
  readonly text: string;
}

describe('the documentation', async () => {
  const pages = await readPages();
  const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it('is read', () => {
    expect(pages.map(({ file }) => file)).toEqual(expect.arrayContaining(['README.md', 'docs/builds.md']));
  });

  it.each(pages)('has no link in $file that leads nowhere', async (page) => {
    const broken: string[] = [];
    for (const link of linksOf(page.text)) if (!(await leadsSomewhere(link, page, pages))) broken.push(link);
    expect(broken).toEqual([]);
  });

  it.each(pages)('names no script in $file that does not exist', ({ text }) => {
    // Inside of quotes and of offshoot.json it is a script of somebody else's repository.
    const ours = text.replaceAll(/^```json\n.*?^```/gms, '');
    const named = [...ours.matchAll(/(?<!["'])\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(pages.filter(({ file }) => !isHistory(file)))(
    'names no file in $file that is not there',
    async (page) => {
      const named = [...page.text.matchAll(/`([a-z][\w./-]*\/[\w.-]+\.(?:ts|mjs))`/g)].map(
        ([, name = '']) => name,
      );
      const missing: string[] = [];
      for (const name of named) if (!(await exists(name))) missing.push(name);
      expect(missing).toEqual([]);
    },
  );

  it('counts decisions, each with a number of its own', () => {
    const numbered = pages
      .filter(({ file }) => isHistory(file))
      .map(({ file, text }) => [file, text] as const);
    const numbers = numbered.map(([file]) => Number(/\/(\d+)-/.exec(file)?.[1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    expect(numbered.filter(([, text], index) => !text.startsWith(`# ${numbers[index]}. `))).toEqual([]);
  });

  it('has each guide linked from README.md', () => {
    const readme = pages.find(({ file }) => file === 'README.md')?.text ?? '';
    const guides = pages.map(({ file }) => file).filter((file) => /^docs\/[^/]+$/.test(file));
    expect(guides.filter((file) => !readme.includes(`](${file})`))).toEqual([]);
  });

  it('shows pictures that are small', async () => {
    const pictures = pages.flatMap(({ text }) => linksOf(text)).filter((link) => link.endsWith('.png'));
    const sizes = await Promise.all(pictures.map(async (file) => (await stat(path.join(ROOT, file))).size));
    expect(sizes.filter((size) => size > MAX_IMAGE_BYTES)).toEqual([]);
  });
});

async function readPages(): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const file of glob(PAGES, { cwd: ROOT })) {
    pages.push({ file, text: await readFile(path.join(ROOT, file), 'utf8') });
  }
  return pages;
}

/** Decisions tell of their own time. */
function isHistory(file: string): boolean {
  return /^docs\/decisions\/\d/.test(file);
}

function exists(file: string): Promise<boolean> {
  return stat(path.join(ROOT, file)).then(
    () => true,
    () => false,
  );
}

/** What is inside of code is no link. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

async function leadsSomewhere(link: string, from: Page, pages: readonly Page[]): Promise<boolean> {
  if (/^https?:/.test(link)) return true;
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from.file : path.join(path.dirname(from.file), target);
  if (anchor === undefined) return exists(file);
  const page = pages.find((page) => page.file === file);
  return page !== undefined && anchorsOf(page.text).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
