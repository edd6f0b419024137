import { describe, expect, it } from 'vitest';
import type { PutAnnouncement } from './blob-store.ts';
import { signPut, verifySignedPut } from './signed-url.ts';

const secret = Buffer.alloc(32, 1);
const NOW = 1_800_000_000_000;
const put: PutAnnouncement = {
  key: 'projects/p/blobs/ab/abcd.br',
  bodySha256: 'a'.repeat(64),
  sizeBytes: 12,
  contentType: 'text/html; charset=utf-8',
  expiresInMs: 1000,
};
const signer = { secret, now: () => NOW };
const { url, headers } = signPut(put, signer);
const other = (name: string, value: string) => {
  const changed = new URL(url, 'http://app.example.com');
  changed.searchParams.set(name, value);
  return changed.href;
};

describe('a signed PUT', () => {
  it('is verified with what it announced', () => {
    expect(verifySignedPut(url, headers, NOW + 1000, secret)).toEqual({
      ok: true,
      key: put.key,
      bodySha256: put.bodySha256,
      sizeBytes: 12,
      contentType: put.contentType,
    });
  });

  it('has no host, and holds at any that the app is reached by', () => {
    expect(url).toMatch(/^\/api\/storage\//);
    const elsewhere = new URL(url, 'https://app.example.com').href;
    expect(verifySignedPut(elsewhere, headers, NOW, secret)).toMatchObject({ ok: true });
  });

  it.each([
    ['another key', url.replace('abcd.br', 'abcd.gzip'), headers],
    ['a key that leaves the folder', url.replace('abcd.br', '..%2f..%2fx'), headers],
    ['another path', url.replace('/api/storage/', '/api/other/'), headers],
    ['a longer life', other('expires', String(NOW + 99_999)), headers],
    ['another size', other('size', '13'), { ...headers, 'content-length': '13' }],
    ['another digest', other('sha256', 'b'.repeat(64)), headers],
    ['another type', other('type', 'text/plain'), { ...headers, 'content-type': 'text/plain' }],
    ['no signature', other('signature', ''), headers],
    ['a shorter signature', other('signature', 'abcd'), headers],
    ['another body length', url, { ...headers, 'content-length': '13' }],
    ['no body length', url, { 'content-type': put.contentType }],
    ['another content type header', url, { ...headers, 'content-type': 'text/plain' }],
  ])('is refused with %s', (_what, changed, sent) => {
    expect(verifySignedPut(changed, sent, NOW, secret)).toMatchObject({ ok: false, status: 403 });
  });

  it('is refused after its time, and by another secret', () => {
    expect(verifySignedPut(url, headers, NOW + 1001, secret)).toMatchObject({ ok: false });
    expect(verifySignedPut(url, headers, NOW, Buffer.alloc(32, 2))).toMatchObject({ ok: false });
  });
});
