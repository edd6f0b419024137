import type { Files } from '../test/support/git-repository.ts';

/** What the shop's pages say, and whether they can be built. */
export interface ShopState {
  readonly headline: string;
  readonly isBroken?: boolean;
}

/** A shop that is really built, by a program without dependencies, so that the story needs no network. */
export function shopFiles({ headline, isBroken = false }: ShopState): Files {
  return {
    'package.json': JSON.stringify(
      { name: 'shop', private: true, type: 'module', scripts: { build: 'node build.js' } },
      undefined,
      2,
    ),
    'shop.json': JSON.stringify({ headline, products: ['Linen shirt', 'Canvas bag', 'Straw hat'] }),
    'build.js': isBroken ? `import './prices.js';\n${BUILD}` : BUILD,
    'style.css': STYLE,
  };
}

/** Names the file that somebody forgot to commit. */
export const FORGOTTEN_FILE = 'prices.js';

const BUILD = `import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const { headline, products } = JSON.parse(readFileSync('shop.json', 'utf8'));
const items = products.map((product) => '<li>' + product + '</li>').join('');

mkdirSync('dist', { recursive: true });
copyFileSync('style.css', 'dist/style.css');
writeFileSync(
  'dist/index.html',
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>The shop</title>' +
    '<link rel="stylesheet" href="/style.css"><h1>' + headline + '</h1><ul>' + items + '</ul>',
);
console.log('Rendered ' + products.length + ' products: ' + headline);
`;

const STYLE = `body { font: 20px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 32rem; padding: 0 1rem }
h1 { font-size: 3rem; line-height: 1.1 }
`;
