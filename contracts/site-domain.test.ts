import { describe, expect, test } from 'vitest';
import { parseSiteDomain } from './site-domain.ts';

describe('OFFSHOOT_DOMAIN', () => {
  test.each([
    ['http://localhost:8000', { scheme: 'http', host: 'localhost', port: 8000 }],
    ['localhost:8000', { scheme: 'http', host: 'localhost', port: 8000 }],
    ['Sites.Example.COM', { scheme: 'https', host: 'sites.example.com', port: undefined }],
    ['http://sites.example.com/', { scheme: 'http', host: 'sites.example.com', port: undefined }],
    ['https://sites.example.com:8443', { scheme: 'https', host: 'sites.example.com', port: 8443 }],
    ['', undefined],
    ['ftp://example.com', undefined],
    ['example.com/path', undefined],
    ['example.com:0', undefined],
    ['example.com:70000', undefined],
    ['*.example.com', undefined],
    ['a..b', undefined],
  ])('%j', (text, expected) => {
    expect(parseSiteDomain(text)).toEqual(expected);
  });
});
