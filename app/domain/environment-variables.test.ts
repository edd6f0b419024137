import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { secretForms } from '../../builder/log/secret-forms.ts';
import { commandEnvironment } from '../../builder/sandbox/environment.ts';
import {
  type BuiltDeployment,
  checkVariableName,
  checkVariablePlace,
  checkVariableValue,
  type KeptVariable,
  maskedValues,
  MAX_VARIABLE_VALUE_BYTES,
  MAX_VARIABLES,
  MAX_VARIABLES_BYTES,
  planVariableWrites,
  resolveVariables,
  type VariablePlace,
} from './environment-variables.ts';
import { sealText } from './sealed-text.ts';

const EVERYWHERE: VariablePlace = { environment: null, branch: null };
const PRODUCTION: VariablePlace = { environment: 'production', branch: null };
const PREVIEW: VariablePlace = { environment: 'preview', branch: null };
const ON_CONTENT: VariablePlace = { environment: 'preview', branch: 'content' };

const FINE = 'fine';

describe('the name of a variable', () => {
  it.each([
    ['API_KEY', FINE],
    ['_x1', FINE],
    ['npm_config_registry', FINE],
    ['NODE_OPTIONS', FINE],
    ['NODE_ENV', FINE],
    ['CI', FINE],
    ['URL', FINE],
    ['OFFSHOOTS', FINE],
    ['LDFLAGS', FINE],
    ['', 'letters'],
    ['1X', 'does not begin with a digit'],
    ['A-B', 'letters'],
    ['A B', 'letters'],
    ['ÄB', 'letters'],
    ['A=B', 'letters'],
    ['A\n', 'letters'],
    ['x'.repeat(128), FINE],
    ['x'.repeat(129), '128 characters'],
    ['OFFSHOOT', 'Offshoot itself'],
    ['OFFSHOOT_BRANCH', 'Offshoot itself'],
    ['OFFSHOOT_ANYTHING', 'Offshoot itself'],
    ['PATH', 'a place and a user of its own'],
    ['HOME', 'a place and a user of its own'],
    ['TMPDIR', 'a place and a user of its own'],
    ['LD_PRELOAD', 'the code of every program'],
    ['LD_LIBRARY_PATH', 'the code of every program'],
    ['GLIBC_TUNABLES', 'the code of every program'],
    ['npm_config_cache', 'where packages are kept'],
  ])('%j is judged with words: %j', (name, words) => {
    expect(checkVariableName(name) ?? FINE).toContain(words);
  });

  it('is refused where the builder would set another value in its place', async () => {
    const order = { builderEnvironment: {}, binFolders: [], home: '/h', tmp: '/t', cache: null };
    const names = Object.keys(commandEnvironment({ ...order, variables: {} }));
    const forced = names.filter(
      (name) => commandEnvironment({ ...order, variables: { [name]: 'mine' } })[name] !== 'mine',
    );
    const cache = path.join(import.meta.dirname, '../../builder/toolchain/package-cache.ts');
    const placed = (await readFile(cache, 'utf8')).matchAll(/\b(\w+_\w+): '(?:npm|pnpm|yarn|bun)'/g);
    forced.push(...[...placed].map(([, name = '']) => name));
    expect(forced).toEqual(
      expect.arrayContaining(['PATH', 'SHELL', 'npm_config_cache', 'YARN_GLOBAL_FOLDER']),
    );
    expect(forced.filter((name) => checkVariableName(name) === undefined)).toEqual([]);
  });
});

describe('the value of a variable', () => {
  it.each([
    ['', FINE],
    ['two\nlines', FINE],
    ['x'.repeat(MAX_VARIABLE_VALUE_BYTES), FINE],
    ['x'.repeat(MAX_VARIABLE_VALUE_BYTES + 1), '16 KiB'],
    ['ä'.repeat(MAX_VARIABLE_VALUE_BYTES / 2 + 1), '16 KiB'],
    ['a\0b', 'no text'],
    ['\ud800', 'no text'],
  ])('is judged by size and text (%#)', (value, words) => {
    expect(checkVariableValue(value) ?? FINE).toContain(words);
  });
});

describe('the place of a variable', () => {
  it.each([
    [EVERYWHERE, FINE],
    [PRODUCTION, FINE],
    [PREVIEW, FINE],
    [ON_CONTENT, FINE],
    [{ environment: null, branch: 'content' }, 'preview'],
    [{ environment: 'production', branch: 'content' }, 'preview'],
    [{ environment: 'preview', branch: 'main' }, 'is the production branch'],
  ] as const)('%j: %j', (place, words) => {
    expect(checkVariablePlace(place, { productionBranch: 'main' }) ?? FINE).toContain(words);
  });
});

describe('which variables a build gets', () => {
  const production: BuiltDeployment = {
    environment: 'production',
    refKind: 'branch',
    ref: 'main',
    source: 'git',
    isTrusted: true,
  };
  const preview: BuiltDeployment = { ...production, environment: 'preview', ref: 'other' };
  const content: BuiltDeployment = { ...preview, ref: 'content' };
  const all = [
    { name: 'A', value: 'branch', ...ON_CONTENT },
    { name: 'A', value: 'preview', ...PREVIEW },
    { name: 'A', value: 'all', ...EVERYWHERE },
    { name: 'A', value: 'production', ...PRODUCTION },
    { name: 'B', value: 'all', ...EVERYWHERE },
    { name: 'P', value: 'production', ...PRODUCTION },
    { name: 'R', value: 'preview', ...PREVIEW },
    { name: 'Z', value: 'branch', ...ON_CONTENT },
  ];
  const REST = { B: 'all' };
  it.each<[string, BuiltDeployment, Record<string, string>]>([
    ['production', production, { A: 'production', ...REST, P: 'production' }],
    ['a preview', preview, { A: 'preview', ...REST, R: 'preview' }],
    ['the preview of the branch', content, { A: 'branch', ...REST, R: 'preview', Z: 'branch' }],
    ['a tag of the same name', { ...content, refKind: 'tag' }, { A: 'preview', ...REST, R: 'preview' }],
    ['a commit', { ...preview, refKind: 'commit', ref: 'c0ffee' }, { A: 'preview', ...REST, R: 'preview' }],
    ['an untrusted preview', { ...preview, isTrusted: false }, {}],
    ['an untrusted pull request', { ...content, refKind: 'pull-request', isTrusted: false }, {}],
    ['an untrusted build of production', { ...production, isTrusted: false }, {}],
    ['an upload', { ...production, source: 'upload' }, {}],
  ])('of %s', (_, deployment, expected) => {
    const chosen = resolveVariables(all, deployment);
    expect(Object.fromEntries(chosen.map(({ name, value }) => [name, value]))).toEqual(expected);
    expect(resolveVariables(all.toReversed(), deployment)).toEqual(chosen);
  });
});

describe('what a log hides', () => {
  it.each([
    ['1', false],
    ['true', false],
    ['secret7', false],
    ['secret78', true],
    ['  true  \n\n', false],
    ['production', false],
    ['development', false],
    ['production-key', true],
    ['-----BEGIN KEY-----\nabc\n-----END KEY-----\n', true],
  ])('of %j: %s', (value, isMasked) => expect(maskedValues([value])).toEqual(isMasked ? [value] : []));
});

describe('what is written', () => {
  const key = Buffer.alloc(32, 1);
  const keep = (name: string, place: VariablePlace, value = 'x'): KeptVariable => ({
    id: `${name}-${place.environment}-${place.branch}`,
    name,
    ...place,
    value: sealText(value, 'c', key, Buffer.alloc(12)),
  });

  it('replaces what is in the same place, and only that', () => {
    const here = keep('A', PREVIEW);
    const present = [keep('A', EVERYWHERE), here, keep('A', ON_CONTENT), keep('B', PREVIEW)];
    const wanted = [
      { name: 'A', value: 'old' },
      { name: 'C', value: 'c' },
      { name: 'A', value: 'new' },
    ];
    expect(planVariableWrites(present, wanted, PREVIEW)).toEqual({
      ok: true,
      writes: [
        { name: 'A', value: 'new', kept: here },
        { name: 'C', value: 'c', kept: undefined },
      ],
    });
  });

  it('is bounded in number; what is there can be replaced', () => {
    const present = Array.from({ length: MAX_VARIABLES }, (_, index) => keep(`V${index}`, PREVIEW));
    expect(planVariableWrites(present, [{ name: 'V0', value: 'y' }], PREVIEW)).toMatchObject({ ok: true });
    const more = planVariableWrites(present, [{ name: 'V0', value: 'y' }], PRODUCTION);
    expect(more).toMatchObject({ ok: false, message: expect.stringContaining('at most 200') });
  });

  it('is bounded in sum, names and values, to the byte', () => {
    const half = MAX_VARIABLES_BYTES / 2;
    const present = [keep('AA', PREVIEW, 'x'.repeat(half - 2))];
    const fits = planVariableWrites(present, [{ name: 'BB', value: 'x'.repeat(half - 2) }], PREVIEW);
    const isOver = planVariableWrites(present, [{ name: 'BBB', value: 'x'.repeat(half - 2) }], PREVIEW);
    const inPlace = planVariableWrites(present, [{ name: 'AA', value: 'x'.repeat(half) }], PREVIEW);
    expect([fits.ok, isOver.ok, inPlace.ok]).toEqual([true, false, true]);
  });

  it.each([
    ['one line', 'x'.repeat(76)],
    ['lines', `${'x'.repeat(8)}\n`],
    ['lines of Windows', `${'x'.repeat(8)}\r\n`],
    ['the shortest lines', '\n'],
  ])('is little enough for the builder to mask it all, as %s', (_, unit) => {
    const values = ['a', 'b'].map(
      (start) => start + unit.repeat((MAX_VARIABLES_BYTES / 2 - 2) / unit.length) + start,
    );
    expect(() => secretForms(values)).not.toThrow();
  });
});
