import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFileOf, readConfigFile, removeConfigFile, writeConfigFile } from './config-file.ts';
import { findLocalServer } from './local-server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const place = () => ({ env: {}, homeFolder: folder });
const CONFIG = { url: 'https://a.example', token: 'secret' };

describe('what login keeps', () => {
  it.each([
    [{}, '/home/ada/.config/offshoot/config.json'],
    [{ XDG_CONFIG_HOME: '/etc/xdg' }, '/etc/xdg/offshoot/config.json'],
    [{ XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/offshoot/config.json'],
    [{ XDG_CONFIG_HOME: '' }, '/home/ada/.config/offshoot/config.json'],
  ])('with %j stands in %s', (env, expected) => {
    expect(configFileOf({ env, homeFolder: '/home/ada' })).toBe(expected);
  });

  it('is read again, and only its owner can', async () => {
    const file = await writeConfigFile(place(), CONFIG);
    expect(await readConfigFile(place())).toEqual(CONFIG);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  });

  it('is its owner’s alone though it, or a draft of it, was everybody’s before', async () => {
    const file = await writeConfigFile(place(), CONFIG);
    await writeFile(`${file}.new`, 'left behind', { mode: 0o666 });
    await chmod(file, 0o666);
    await writeConfigFile(place(), { ...CONFIG, token: 'other' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(['config.json']);
    expect(await readFile(file, 'utf8')).toContain('other');
  });

  it('is nothing before, and after it was removed', async () => {
    expect(await readConfigFile(place())).toEqual({});
    expect(await removeConfigFile(place())).toBe(false);
    await writeConfigFile(place(), CONFIG);
    expect(await removeConfigFile(place())).toBe(true);
    expect(await readConfigFile(place())).toEqual({});
  });

  it.each(['', 'no JSON', '{"url": 1}'])('is told to be mended when it is %j', async (text) => {
    const file = await writeConfigFile(place(), CONFIG);
    await writeFile(file, text);
    await expect(readConfigFile(place())).rejects.toThrow(
      `${file}: it is not what \`offshoot login\` writes`,
    );
  });

  it('can not be written where a file is in the way, which is said', async () => {
    await writeFile(path.join(folder, '.config'), '');
    await expect(writeConfigFile(place(), CONFIG)).rejects.toThrow(/can't be written/);
    expect(await readConfigFile(place())).toEqual({});
  });
});

describe('the Offshoot of this machine', () => {
  const here = (env: Record<string, string> = {}) =>
    findLocalServer({
      env,
      workingFolder: path.join(folder, 'here'),
      repositoryFolder: path.join(folder, 'there'),
    });

  async function keep(data: string, files: Record<string, string>): Promise<void> {
    await mkdir(path.join(folder, data), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, data, name), text);
  }

  it('is that of this folder, then that of the repository', async () => {
    expect(await here()).toEqual({});
    await keep('there/.offshoot', { token: 'there\n', 'app-url': 'http://127.0.0.1:9100\n' });
    expect(await here()).toEqual({ token: 'there', url: 'http://127.0.0.1:9100/' });
    await keep('here/.offshoot', { token: 'here\n' });
    expect(await here()).toEqual({ token: 'here', url: 'http://localhost:9000' });
  });

  it('is that of OFFSHOOT_DATA, and no other', async () => {
    await keep('there/.offshoot', { token: 'there' });
    await keep('here/other', { token: 'other', 'app-url': 'http://[::1]:1' });
    expect(await here({ OFFSHOOT_DATA: 'other' })).toEqual({ token: 'other', url: 'http://[::1]:1/' });
    expect(await here({ OFFSHOOT_DATA: 'none' })).toEqual({});
  });

  it('is on this machine, whatever stands in a folder', async () => {
    await keep('here/.offshoot', { token: 'here', 'app-url': 'https://evil.example' });
    expect(await here()).toEqual({ token: 'here', url: 'http://localhost:9000' });
  });

  it('has no token here when OFFSHOOT_TOKEN was given to it', async () => {
    await keep('here/.offshoot', { 'app-url': 'http://127.0.0.1:9100' });
    expect(await here()).toEqual({ token: undefined, url: 'http://127.0.0.1:9100/' });
  });
});
