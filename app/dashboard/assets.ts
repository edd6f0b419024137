import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { Hono } from 'hono';
import type { AppEnv } from '../http/guards.ts';

interface Asset {
  readonly body: string;
  readonly contentType: string;
}

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
};
/** Libraries that scripts import by name, and the file of each. */
const LIBRARIES = { 'ansi-sequence-parser': 'ansi-sequence-parser' };
const FOREVER = 'public, max-age=31536000, immutable';

const FOLDERS = ['assets', 'browser'].map((name) => path.join(import.meta.dirname, name));
const assets: ReadonlyMap<string, Asset> = new Map([...readAssets(), ...readLibraries()]);
/** Of all assets together: their addresses change when any of them does, so browsers keep them for ever. */
const version = hashOf([...assets].flatMap(([name, { body }]) => [name, body]));

/** The address of a file in or below `assets/` or `browser/`; a script's is that of its TypeScript file, without the types. */
export function assetPath(name: string): string {
  if (!assets.has(name)) throw new Error(`there is no asset ${name}`);
  return `/assets/${version}/${name}`;
}

/** How browsers find the libraries that our scripts import by name. */
export const IMPORT_MAP = JSON.stringify({
  imports: Object.fromEntries(Object.keys(LIBRARIES).map((name) => [name, assetPath(`${name}.js`)])),
});

/** Style, scripts and icons. They are read once: nothing of a request reaches the file system. */
export function createAssetRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/assets/:version/:name{.+}', (context) => {
    const asset = assets.get(context.req.param('name'));
    if (asset === undefined) return context.notFound();
    // A page of before an update asks for its own version; what it gets now must not be kept under that name.
    const isCurrent = context.req.param('version') === version;
    return context.body(asset.body, 200, {
      'content-type': asset.contentType,
      'cache-control': isCurrent ? FOREVER : 'no-store',
    });
  });
  return app;
}

function* readAssets(): Generator<[string, Asset]> {
  for (const folder of FOLDERS) {
    for (const name of readdirSync(folder, { encoding: 'utf8', recursive: true })) {
      const contentType = TYPES[path.extname(name)];
      if (contentType === undefined || name.endsWith('.test.ts')) continue;
      const text = readFileSync(path.join(folder, name), 'utf8');
      yield [name, { body: name.endsWith('.ts') ? stripTypeScriptTypes(text) : text, contentType }];
    }
  }
}

function* readLibraries(): Generator<[string, Asset]> {
  const require = createRequire(import.meta.url);
  for (const [name, specifier] of Object.entries(LIBRARIES)) {
    const folder = path.dirname(require.resolve(specifier));
    const body = readFileSync(path.join(folder, 'index.js'), 'utf8');
    yield [`${name}.js`, { body, contentType: 'text/javascript; charset=utf-8' }];
  }
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
