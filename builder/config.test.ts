import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const COMPLETE = {
  OFFSHOOT_APP_URL: 'http://localhost:9000',
  OFFSHOOT_BUILD_TOKEN: 'token',
  OFFSHOOT_WORK_FOLDER: '/work/1',
  OFFSHOOT_TOOLCHAIN_FOLDER: '/toolchain',
  OFFSHOOT_CACHE_FOLDER: '/cache',
  OFFSHOOT_BUILD_UID: '60003',
};

describe('the settings of a builder', () => {
  it('are what the launcher says', () => {
    expect(readConfig(COMPLETE, true)).toEqual({
      appUrl: 'http://localhost:9000',
      token: 'token',
      workFolder: '/work/1',
      toolchainFolder: '/toolchain',
      cacheFolder: '/cache',
      user: { uid: 60_003, gid: 60_003 },
    });
  });

  it('name no other user for an ordinary user', () => {
    expect(readConfig({ ...COMPLETE, OFFSHOOT_BUILD_UID: undefined }, false).user).toBeNull();
  });

  it.each([
    ['OFFSHOOT_APP_URL', 'ftp://x', false, /should be the app's http:\/\/ or https:\/\/ URL/],
    ['OFFSHOOT_APP_URL', 'localhost:9000', false, /OFFSHOOT_APP_URL is "localhost:9000"/],
    ['OFFSHOOT_BUILD_TOKEN', '', false, /OFFSHOOT_BUILD_TOKEN is not set/],
    ['OFFSHOOT_WORK_FOLDER', 'work', false, /OFFSHOOT_WORK_FOLDER is "work"; it should be an absolute path/],
    ['OFFSHOOT_CACHE_FOLDER', undefined, false, /OFFSHOOT_CACHE_FOLDER is not set/],
    ['OFFSHOOT_BUILD_UID', '-1', false, /should be a whole number/],
    ['OFFSHOOT_BUILD_UID', undefined, true, /builds must not run as root/],
  ])('refuse %s=%s', (name, value, isRoot, message) => {
    expect(() => readConfig({ ...COMPLETE, [name]: value }, isRoot)).toThrow(message);
  });
});
