// What tests of the documentation make its tables with, so that pages say what the code does.
import { availableParallelism } from 'node:os';
import type { Setting } from '../../contracts/settings.ts';

/** The page with the part between two markers, `<!-- name -->` and `<!-- /name -->`, made anew. */
export function fillPart(page: string, name: string, text: string): string {
  const { before, after } = findPart(page, name);
  return `${before}\n${text}\n${after}`;
}

/** The part between two markers. */
export function readPart(page: string, name: string): string {
  return findPart(page, name).text.trim();
}

function findPart(page: string, name: string): { before: string; text: string; after: string } {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open) + open.length, page.indexOf(close)];
  if (from < open.length || to < from) throw new Error(`the page has no place ${open} … ${close}`);
  return { before: page.slice(0, from), text: page.slice(from, to), after: page.slice(to) };
}

export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export function renderSettings(settings: readonly Setting[]): string {
  const rows = settings.map((setting) => [`\`${setting.name}\``, showDefault(setting), setting.about]);
  return renderTable(['variable', 'default', 'meaning'], rows);
}

function showDefault({ name, fallback }: Setting): string {
  if (fallback === undefined || fallback === '') return 'none';
  if (fallback === String(availableParallelism()) && name === 'OFFSHOOT_MAX_BUILDS') return 'processor cores';
  return `\`${fallback}\`${showUnit(name, fallback)}`;
}

const UNITS: readonly [suffix: string, units: readonly [size: number, unit: string][]][] = [
  [
    '_MS',
    [
      [86_400_000, 'd'],
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1000, 's'],
    ],
  ],
  [
    '_BYTES',
    [
      [1e9, 'GB'],
      [1e6, 'MB'],
      [1e3, 'kB'],
    ],
  ],
];

export function showUnit(name: string, value: string): string {
  const units = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? [];
  const [size, unit] = units.find(([size]) => Number(value) >= size && Number(value) % size === 0) ?? [];
  return size === undefined ? '' : ` (${Number(value) / size} ${unit})`;
}
