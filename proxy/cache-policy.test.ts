import { describe, expect, it } from 'vitest';
import { cacheControlOf, IMMUTABLE, REVALIDATE } from './cache-policy.ts';

describe('a file is kept', () => {
  it.each([
    'assets/index-DiwrgTda.js',
    'assets/index-B1a2C3d4.css',
    'main.8f3a2b1c.js',
    'static/js/2.0c5a9a1d.chunk.js'.replace('.chunk', ''),
    'app-3b4f9e21.js.map',
    '_next/static/chunks/main-app-abcdefgh.js',
    '_astro/page.Bq3fXabc.css',
    '_app/immutable/entry/start.CDwbYpQx.js',
    'fonts/inter-latin.a1b2c3d4e5f6.woff2',
  ])('for ever when its name has a hash: %s', (path) => {
    expect(cacheControlOf(path)).toBe(IMMUTABLE);
  });

  it.each([
    'index.html',
    'page-8f3a2b1c.html',
    'favicon.ico',
    'app.js',
    'jquery-compressed.js',
    'bootstrap-bootstrap4.css',
    'photo-20240101.jpg',
    'logo-Facebook.png',
    'img/photo-Summer24.jpg',
    'CHANGELOG-deadbeef',
    'robots.txt',
    'my-document-with-words.pdf',
    'vue.runtime.js',
  ])('until it is asked about when it may not: %s', (path) => {
    expect(cacheControlOf(path)).toBe(REVALIDATE);
  });
});
