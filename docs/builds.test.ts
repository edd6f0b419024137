import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../app/config.ts';
import { BUILD_VARIABLES } from '../app/domain/build-spec.ts';
import { detectFramework } from '../builder/detect/framework.ts';
import { OFFSHOOT_JSON_KEYS, parseOffshootJson } from '../builder/detect/offshoot-json.ts';
import { LOCKFILES } from '../builder/detect/package-manager.ts';
import {
  BUN_VERSION,
  DEFAULT_NODE_MAJOR,
  NODE_VERSIONS,
  npmVersionFor,
  PNPM_VERSION,
  PNPM_VERSIONS,
  YARN_CLASSIC_VERSION,
  YARN_VERSION,
  YARN_VERSION_OF_BARE_CHECKSUMS,
  YARN_VERSIONS,
} from '../builder/toolchain/versions.ts';
import { MAX_REPOSITORY_FILES } from '../git/read-tree.ts';
import { fillPart, readPart, renderSettings, renderTable } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'builds.md');
const MISTAKES = [
  '{ "outptu": "dist" }',
  '{ "node": "24" }',
  '{ "root": "../other" }',
  '[]',
  '{ "output": "dist" ',
];
const LIMITS = [
  'checkoutTimeoutMs',
  'installTimeoutMs',
  'buildTimeoutMs',
  'publishTimeoutMs',
  'repositoryBytes',
  'memoryBytes',
  'processes',
  'diskBytes',
  'outputFiles',
  'outputFileBytes',
  'outputBytes',
  'logBytes',
] as const satisfies readonly (keyof typeof SETTINGS)[];

describe('docs/builds.md', async () => {
  const page = await readFile(PAGE, 'utf8');

  it('has the tables that the code makes (`npx vitest run docs -u` writes them)', async () => {
    const parts = {
      'offshoot-json': renderKeys(),
      'offshoot-json-errors': renderMistakes(),
      versions: renderVersions(),
      limits: renderSettings(LIMITS.map((key) => SETTINGS[key])),
    };
    const expected = Object.entries(parts).reduce((text, [name, part]) => fillPart(text, name, part), page);
    await expect(expected).toMatchFileSnapshot(PAGE);
  });

  it('has each variable that builds get, and no other', () => {
    const told = [...readPart(page, 'build-variables').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(new Set(told)).toEqual(new Set(['CI', ...BUILD_VARIABLES]));
  });

  it('shows an offshoot.json that is valid', () => {
    const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);
    expect(examples.map((text) => parseOffshootJson(text, 'offshoot.json').ok)).toEqual([true]);
  });

  it.each([
    ['Astro', 'astro'],
    ['Vite', 'vite'],
    ['Eleventy', '@11ty/eleventy'],
    ['Docusaurus', '@docusaurus/core'],
    ['Gatsby', 'gatsby'],
    ['VitePress', 'vitepress'],
    ['Angular', '@angular/cli'],
    ['Create React App', 'react-scripts'],
    ['Vue CLI', '@vue/cli-service'],
    ['Next.js', 'next'],
    ['Nuxt', 'nuxt'],
    ['SvelteKit', '@sveltejs/kit'],
  ])('names the framework %s, which is recognised', async (name, dependency) => {
    expect(page.replaceAll('\n', ' ')).toContain(name);
    const packageJson = JSON.stringify({ dependencies: { [dependency]: '*' } });
    expect(await detectFramework({ packageJson, names: ['package.json', 'angular.json'] })).toMatchObject({
      outputDirectories: expect.arrayContaining([expect.any(String)]),
    });
  });

  it('tells the lockfiles in the order in which they count', () => {
    const order = [...new Set(Object.values(LOCKFILES))];
    expect(order).toEqual(['pnpm', 'bun', 'yarn', 'npm']);
    expect(page).toContain('the order is pnpm, Bun, Yarn, npm');
  });

  it('tells how many files a checkout may have', () => {
    expect(page).toContain(`${MAX_REPOSITORY_FILES.toLocaleString('en')} files`);
  });
});

function renderKeys(): string {
  const setting = (key: string) => {
    const example = { node: 24, paths: ['x'] }[key] ?? 'x';
    const parsed = parseOffshootJson(JSON.stringify({ [key]: example }), '');
    if (!parsed.ok) throw new Error(parsed.message);
    return (
      Object.keys(parsed.settings)
        .map((name) => `\`${name}\``)
        .join() || '—'
    );
  };
  const rows = Object.entries(OFFSHOOT_JSON_KEYS).map(([key, may]) => [`\`${key}\``, may, setting(key)]);
  return renderTable(['key', 'what it may be', 'the same as a setting of the project'], rows);
}

function renderMistakes(): string {
  const rows = MISTAKES.map((text) => {
    const parsed = parseOffshootJson(text, 'offshoot.json');
    if (parsed.ok) throw new Error(`${text} is no mistake`);
    return [`\`${text.trim()}\``, parsed.message];
  });
  return renderTable(['in the file', 'what the deployment says'], rows);
}

function renderVersions(): string {
  const format = (versions: Readonly<Record<string, string>>, last: string) =>
    [...Object.entries(versions).map(([lockfile, version]) => `${version} (${lockfile})`), last].join(', ');
  const node = Object.entries(NODE_VERSIONS).map(([major, version]) =>
    Number(major) === DEFAULT_NODE_MAJOR ? `**${version}**` : version,
  );
  const yarn = format(
    { ...YARN_VERSIONS, '8 with bare checksums': YARN_VERSION_OF_BARE_CHECKSUMS },
    `otherwise ${YARN_VERSION}`,
  );
  const rows = [
    ['Node', `${node.join(', ')}; of other majors the registry’s newest`],
    ['npm', `${npmVersionFor(DEFAULT_NODE_MAJOR)}; with Node 18 ${npmVersionFor(18)}`],
    ['pnpm, by `lockfileVersion`', format(PNPM_VERSIONS, `otherwise ${PNPM_VERSION}`)],
    ['Yarn 1', YARN_CLASSIC_VERSION],
    ['Yarn, by `__metadata.version`', yarn],
    ['Bun', BUN_VERSION],
  ];
  return renderTable(['tool', 'version'], rows);
}
