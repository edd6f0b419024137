import { describe, expect, test } from 'vitest';
import { chooseNodeMajor, majorOfRange, majorOfVersionFile } from './node-major.ts';

const none = { setting: undefined, nvmrc: undefined, nodeVersion: undefined, engines: undefined };

describe('a version file names a major', () => {
  test.each([
    ['22', 22],
    ['v22.11.0\n', 22],
    ['22.11', 22],
    ['22.x', 22],
    ['node-v20.1.0', 20],
    ['lts/jod', 22],
    ['lts/Iron', 20],
    ['lts/*', 24],
    ['node', 24],
    ['24 # our server', 24],
  ])('%j is %d', (text, major) => expect(majorOfVersionFile(text)).toBe(major));

  test.each(['', 'latest please', '4', '99', 'lts/argon', '../22', '22; rm -rf /'])('%j is none', (text) =>
    expect(majorOfVersionFile(text)).toBeUndefined(),
  );
});

describe('a range of engines names the preferred major that it accepts', () => {
  test.each([
    ['>=18', 24],
    ['*', 24],
    ['^22.12.0 || >=24', 24],
    ['20.x || 22.x', 22],
    ['^20', 20],
    ['>=18 <20', 18],
    ['26', 26],
    ['21', 21],
    ['24.1.0', 24],
  ])('%j is %d', (range, major) => expect(majorOfRange(range)).toBe(major));

  test.each(['', 'fast', '<16', '0.10'])('%j is none or the default', (range) =>
    expect(majorOfRange(range) ?? 24).toBe(24),
  );
});

describe('the first request that can be met decides, and the log says why', () => {
  test.each([
    [{ ...none }, 24, 'Node 24, the default.'],
    [{ ...none, setting: 20, nvmrc: '22' }, 20, 'Node 20, as set.'],
    [{ ...none, nvmrc: '22', engines: '20' }, 22, 'Node 22, because of .nvmrc.'],
    [{ ...none, nodeVersion: 'v20.1.0' }, 20, 'Node 20, because of .node-version.'],
    [{ ...none, engines: '^22' }, 22, 'Node 22, because of "engines" in package.json.'],
    [
      { ...none, nvmrc: 'banana', engines: '20' },
      20,
      'Node 20, because of "engines" in package.json. .nvmrc asks for "banana", which is not available here.',
    ],
  ])('%j', (requests, major, note) => expect(chooseNodeMajor(requests)).toEqual({ major, note }));
});
