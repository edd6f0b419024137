import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillAppManifest, parseAppManifest } from './app-manifest.ts';

const yaml = await readFile(path.join(import.meta.dirname, '../../../app.yml'), 'utf8');

describe('app.yml', () => {
  const manifest = parseAppManifest(yaml);

  it('asks for what Offshoot needs and no more', () => {
    expect(manifest.default_permissions).toEqual({
      contents: 'read',
      metadata: 'read',
      issues: 'read',
      statuses: 'write',
      deployments: 'write',
      pull_requests: 'write',
      checks: 'write',
    });
    expect(manifest.public).toBe(false);
  });

  it('names no event that GitHub sends unasked: it would refuse the manifest', () => {
    expect(manifest.default_events).toEqual([
      'push',
      'pull_request',
      'repository',
      'issue_comment',
      'check_run',
    ]);
  });

  it.each([
    ['a misspelt field', yaml.replace('default_events', 'default_event')],
    ['a permission that is none', yaml.replace('contents: read', 'contents: reed')],
    ['no text at all', ''],
  ])('with %s is refused', (_what, wrong) => {
    expect(() => parseAppManifest(wrong)).toThrow("app.yml can't be used");
  });

  it('gets the addresses of the Offshoot that sends it', () => {
    const filled = fillAppManifest(
      manifest,
      new URL('https://deploy.example.com'),
      'https://smee.example/channel',
    );
    expect(filled).toMatchObject({
      name: 'Offshoot deploy.example.com',
      url: 'https://deploy.example.com',
      hook_attributes: { url: 'https://smee.example/channel', active: true },
      redirect_url: 'https://deploy.example.com/setup/github',
      setup_url: 'https://deploy.example.com/setup',
      callback_urls: ['https://deploy.example.com/login/github/callback'],
    });
    expect(JSON.stringify(filled)).not.toContain('localhost');
  });

  it('gets a name that GitHub takes, however long the host is', () => {
    const host = new URL(`https://${'long.'.repeat(12)}example.com`);
    expect(fillAppManifest(manifest, host, 'https://x.example/').name).toBe(
      'Offshoot long.long.long.long.long.',
    );
  });
});
