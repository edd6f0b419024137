import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS as APP } from '../app/config.ts';
import { readConfig as readEmbeddedConfig } from '../embedded/config.ts';
import { SETTINGS as PROXY } from '../proxy/config.ts';
import { fillPart, renderSettings, showUnit } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'configuration.md');

describe('docs/configuration.md', () => {
  it('has every setting with its default and its sentence (`npx vitest run docs -u` writes the tables)', async () => {
    const page = await readFile(PAGE, 'utf8');
    const app = fillPart(page, 'app', renderSettings(Object.values(APP)));
    const expected = fillPart(app, 'proxy', renderSettings(Object.values(PROXY)));
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
