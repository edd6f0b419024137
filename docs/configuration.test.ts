import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS as APP } from '../app/config.ts';
import type { Setting, Settings } from '../contracts/settings.ts';
import { readConfig as readEmbeddedConfig } from '../embedded/config.ts';
import { SETTINGS as PROXY } from '../proxy/config.ts';

const PAGE = path.join(import.meta.dirname, 'configuration.md');

describe('docs/configuration.md', () => {
  it('has every setting with its default and its sentence (`npx vitest run docs -u` writes the tables)', async () => {
    const page = await readFile(PAGE, 'utf8');
    const expected = fill(fill(page, 'app', renderTable(APP)), 'proxy', renderTable(PROXY));
    await expect(expected).toMatchFileSnapshot(PAGE);
  });

  it.each(Object.values({ ...APP, ...PROXY }))('has one sentence about $name', ({ about }) => {
    expect(about).toMatch(/^[A-Z].*\.$/);
  });

  it('tells the same defaults for `npm start`', () => {
    const { host, port, proxyPort, dataFolder, appUrl, domain } = readEmbeddedConfig({}, '/here');
    const started = [
      host,
      String(port),
      String(proxyPort),
      path.relative('/here', dataFolder),
      appUrl,
      domain,
    ];
    const { host: listen, port: appPort, dataFolder: folder, appUrl: url, domain: sites } = APP;
    const told = [listen, appPort, PROXY.port, folder, url, sites].map(({ fallback }) => fallback);
    expect(started).toEqual(told);
  });

  it('shows numbers with a unit that people read', () => {
    expect([showUnit('X_MS', '900000'), showUnit('X_MS', '500'), showUnit('X_BYTES', '2000000000')]).toEqual([
      ' (15 min)',
      '',
      ' (2 GB)',
    ]);
  });
});

function fill(page: string, marker: string, table: string): string {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [before, rest] = page.split(open);
  const after = rest?.split(close)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place ${open} … ${close}`);
  return `${before}${open}\n${table}\n${close}${after}`;
}

function renderTable(settings: Settings): string {
  const rows = Object.values(settings).map(
    (setting) => `| \`${setting.name}\` | ${showDefault(setting)} | ${setting.about} |`,
  );
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function showDefault({ name, fallback }: Setting): string {
  if (fallback === undefined) return 'none';
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

function showUnit(name: string, value: string): string {
  const units = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? [];
  const [size, unit] = units.find(([size]) => Number(value) >= size && Number(value) % size === 0) ?? [];
  return size === undefined ? '' : ` (${Number(value) / size} ${unit})`;
}
