import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { missingEntries, platformOf } from './complete-lockfile.mjs';

describe('package-lock.json', () => {
  test('holds the packages of all platforms, or `npm ci` would refuse it', () => {
    expect(missingEntries(JSON.parse(readFileSync('package-lock.json', 'utf8')))).toEqual({});
  });

  test('names no registry but the one that npm writes by default', () => {
    const hosts = readFileSync('package-lock.json', 'utf8').matchAll(/"resolved": "https?:\/\/([^/"]+)/g);
    expect([...hosts].map(([, host]) => host).filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
  });

  test('gets an entry for each optional package that it lacks', () => {
    const binding = {
      optionalDependencies: { '@x/darwin-arm64': '1.2.3', '@x/linux-x64-gnu': '1.2.3', range: '^1.0.0' },
    };
    const packages = {
      '': {},
      'node_modules/x': { ...binding, dev: true },
      'node_modules/@x/linux-x64-gnu': {},
    };
    const entry = { version: '1.2.3', os: ['darwin'], cpu: ['arm64'], dev: true, optional: true };
    expect(missingEntries({ packages })).toEqual({ 'node_modules/@x/darwin-arm64': entry });
  });
});

test.each([
  ['@swc/core-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
  ['@chdb/lib-linux-arm64-gnu', { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] }],
  ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
  ['@oxlint-tsgolint/win32-x64', { os: ['win32'], cpu: ['x64'] }],
  ['fsevents', undefined],
])('%s is for %j', (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});
