import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { Visitor } from '../../test/support/visitor.ts';
import { assetPath, IMPORT_MAP } from './assets.ts';

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
});
afterAll(() => room.dispose());

describe('an asset', () => {
  it('is kept by browsers for ever under the address that pages name', async () => {
    const { status, headers } = await room.server.send('GET', assetPath('style.css'));
    expect([status, headers['content-type']]).toEqual([200, 'text/css; charset=utf-8']);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('is not kept under the address that it had before an update', async () => {
    const { status, headers } = await room.server.send('GET', '/assets/0123456789abcdef/style.css');
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  });

  it.each(['dashboard.test.ts', 'tsconfig.json', '..%2flogin.ts', 'nothing.css', '__proto__'])(
    'is nothing else: not %s',
    async (name) => {
      const { status } = await room.server.send('GET', `/assets/0123456789abcdef/${name}`);
      expect(status).toBe(404);
    },
  );

  it('is a script without types, whose imports are served too', async () => {
    const { body, headers } = await room.server.send('GET', assetPath('dashboard.ts'));
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    const imports = [...String(body).matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name ?? '');
    expect(imports.length).toBeGreaterThan(1);
    for (const name of imports) {
      const { status, body } = await room.server.send('GET', assetPath(name));
      expect([name, status]).toEqual([name, 200]);
      expect(body).not.toMatch(/: (?:void|string|number|boolean)\b/);
    }
  });

  it('may be a library, which scripts import by its name', async () => {
    const { imports } = JSON.parse(IMPORT_MAP) as { imports: Record<string, string> };
    for (const path of Object.values(imports)) {
      const { status, body } = await room.server.send('GET', path);
      expect(status).toBe(200);
      expect(body).toMatch(/export\s*\{/);
    }
  });
});

describe('the policy of every page', () => {
  it.each(['/', '/login', '/nowhere'])('of %s lets our own files in and nothing else', async (path) => {
    const { body, headers } = await (await new Visitor(room.server).signIn()).get(path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(body).not.toMatch(/ style="|\son[a-z]+="|javascript:|<style/i);
    const inline = [...body.matchAll(/<script(?![^>]* src=)[^>]*>([\s\S]*?)<\/script>/g)];
    for (const [, text = ''] of inline) {
      expect(policy).toContain(createHash('sha256').update(text).digest('base64'));
    }
  });
});
