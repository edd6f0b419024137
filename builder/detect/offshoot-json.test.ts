import { describe, expect, test } from 'vitest';
import { parseOffshootJson } from './offshoot-json.ts';

test('every key overrides its setting', () => {
  const text = JSON.stringify({ root: 'apps/web', install: '', build: 'make', output: 'out', node: 22 });
  expect(parseOffshootJson(text, 'offshoot.json')).toEqual({
    ok: true,
    settings: {
      rootDirectory: 'apps/web',
      installCommand: '',
      buildCommand: 'make',
      outputDirectory: 'out',
      nodeMajor: 22,
    },
    filtersPaths: false,
  });
});

test('paths are no setting of the build: the app has decided by them before', () =>
  expect(parseOffshootJson('{"paths":["src/**"]}', 'offshoot.json')).toEqual({
    ok: true,
    settings: {},
    filtersPaths: true,
  }));

test('an empty object changes nothing', () =>
  expect(parseOffshootJson('{}', 'offshoot.json')).toEqual({
    ok: true,
    settings: {},
    filtersPaths: false,
  }));

describe('a mistake is told with the file, the key and what was expected', () => {
  test.each([
    [
      '{"outptu":"dist"}',
      'offshoot.json: there is no key "outptu"; the keys are root, install, build, output, node, paths. Did you mean "output"?',
    ],
    [
      '{"a":1}',
      'offshoot.json: there is no key "a"; the keys are root, install, build, output, node, paths.',
    ],
    [
      '{"node":"22"}',
      'offshoot.json: "node" must be a Node major from 18 to 30, as a number, such as 24, but is "22".',
    ],
    [
      '{"node":16}',
      'offshoot.json: "node" must be a Node major from 18 to 30, as a number, such as 24, but is 16.',
    ],
    [
      '{"root":"../.."}',
      'offshoot.json: "root" must be a folder inside the repository, such as "apps/web", but is "../..".',
    ],
    [
      '{"root":"/etc"}',
      'offshoot.json: "root" must be a folder inside the repository, such as "apps/web", but is "/etc".',
    ],
    [
      '{"output":5}',
      'offshoot.json: "output" must be a folder inside the root folder, such as "dist", but is 5.',
    ],
    [
      '{"build":["make"]}',
      'offshoot.json: "build" must be a command of at most 4,096 characters, or "" to skip the phase, but is ["make"].',
    ],
    [
      '{"paths":"src"}',
      'offshoot.json: "paths" must be a list of at most 100 patterns, such as ["packages/ui/", "!docs/"], but is "src".',
    ],
    [
      '[]',
      'offshoot.json: it must hold one JSON object with the keys root, install, build, output, node, paths.',
    ],
    [
      'null',
      'offshoot.json: it must hold one JSON object with the keys root, install, build, output, node, paths.',
    ],
  ])('%s', (text, message) =>
    expect(parseOffshootJson(text, 'offshoot.json')).toEqual({ ok: false, message }),
  );

  test('what is no JSON', () => {
    const parsed = parseOffshootJson('{"root": ', 'apps/web/offshoot.json');
    expect(parsed).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^apps\/web\/offshoot.json is not valid JSON: /),
    });
  });
});
