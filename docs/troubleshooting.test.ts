import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURE_REASONS } from '../contracts/phases.ts';
import { explainFailure } from '../app/domain/explain-failure.ts';
import { PROBLEMS } from '../app/http/problem.ts';
import { fillPart, readPart } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'troubleshooting.md');
const ROOT = path.join(import.meta.dirname, '..');
/** Where the sentences of a start that fails come from. */
const START_SOURCES = '{embedded,git,contracts,scripts,app,app/db,app/logs/stores,machine}/*.{ts,mjs}';

/** The cells of a part's table, without its head. */
function rowsOf(page: string, part: string): string[][] {
  const lines = readPart(page, part).split('\n');
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/troubleshooting.md', async () => {
  const page = await readFile(PAGE, 'utf8');

  it('explains each failure reason in the words that the dashboard uses (`npx vitest run docs -u` writes them)', async () => {
    await expect(fillPart(page, 'reasons', renderReasons())).toMatchFileSnapshot(PAGE);
  });

  it('has a cause and a cure for each code of the API, with its status, and for no other', () => {
    const told = rowsOf(page, 'problems').map(([code = '', status]) => [code.slice(1, -1), Number(status)]);
    const known = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
    expect(told).toEqual(known);
  });

  it('quotes sentences of a start that really are in the code', async () => {
    const sources = await readSources();
    const quotes = rowsOf(page, 'start').map(([quote = '']) => quote.slice(1, -1));
    expect(quotes.length).toBeGreaterThan(10);
    expect(quotes.filter((quote) => !sources.includes(quote))).toEqual([]);
  });

  it.each(['start', 'problems'])('leaves no cell empty in the table %s', (part) => {
    expect(rowsOf(page, part).filter((cells) => cells.some((cell) => cell === ''))).toEqual([]);
  });
});

function renderReasons(): string {
  const sections = FAILURE_REASONS.map((reason) => {
    const { title, means, cures } = explainFailure(reason);
    return [`### \`${reason}\``, '', `**${title}.** ${means}`, '', ...cures.map((cure) => `- ${cure}`)].join(
      '\n',
    );
  });
  return `\n${sections.join('\n\n')}\n`;
}

/** As one text, in which strings that go on in the next line are whole. */
async function readSources(): Promise<string> {
  const texts: string[] = [];
  for await (const file of glob(START_SOURCES, { cwd: ROOT })) {
    if (!file.endsWith('.test.ts')) texts.push(await readFile(path.join(ROOT, file), 'utf8'));
  }
  return texts
    .join('\n')
    .replaceAll(/['`] \+\s+['`]/g, '')
    .replaceAll("\\'", "'");
}
