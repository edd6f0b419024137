import { join } from 'node:path';
import { type Files, readFolder } from '../support/git-repository.ts';

const FIXTURE = join(import.meta.dirname, '../fixtures/repositories/vite-app');
const PRODUCTS = [
  'Linen shirt',
  'Canvas bag',
  'Wool socks',
  'Straw hat',
  'Rain coat',
  'Tea towel',
  'Apron',
  'Scarf',
];
const COLOURS = ['sand', 'olive', 'navy'];

/** A small shop that is really built: pages from data, then Vite. It takes its time, so that one can watch. */
export function demoShop(changes: Files = {}): Files {
  return {
    ...readFolder(FIXTURE),
    'package.json': JSON.stringify(
      {
        name: 'shop',
        private: true,
        version: '1.0.0',
        type: 'module',
        scripts: { build: 'node render-products.js && vite build' },
        dependencies: { nanoid: '5.1.5' },
        devDependencies: { vite: '8.3.4' },
      },
      undefined,
      2,
    ),
    'index.html': page('The shop'),
    'products.json': JSON.stringify({ products: PRODUCTS, colours: COLOURS }),
    'render-products.js': RENDER,
    ...changes,
  };
}

/** The mistake that everybody has made: a file that was not committed. */
export const FORGOTTEN_FILE: Files = {
  'products.json': JSON.stringify({ products: PRODUCTS, colours: ['sale'] }),
  'src/main.js': "import './style.css';\nimport { openCart } from './cart.js';\n\nopenCart();\n",
};

function page(title: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
  </head>
  <body>
    <h1>${title}</h1>
    <div id="app"></div>
    <script type="module" src="/src/main.js"></script>
  </body>
</html>
`;
}

const RENDER = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { products, colours } = JSON.parse(readFileSync('products.json', 'utf8'));
const green = (text) => '\\u001b[32m' + text + '\\u001b[39m';
const grey = (text) => '\\u001b[90m' + text + '\\u001b[39m';

mkdirSync('public/products', { recursive: true });
console.log('Rendering ' + products.length * colours.length + ' products');
for (const product of products) {
  for (const colour of colours) {
    const name = (product + ' ' + colour).toLowerCase().replaceAll(' ', '-');
    const html = '<h1>' + product + ', ' + colour + '</h1>';
    writeFileSync('public/products/' + name + '.html', html);
    console.log(green('✓') + ' products/' + name + '.html ' + grey(html.length + ' B'));
    await sleep(250);
  }
}
`;
