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
const signer = { secret, appUrl: 'http://127.0.0.1:9000', now: () => NOW };
const { url, headers } = signPut(put, signer);
const other = (name: string, value: string) => {
  const changed = new URL(url);
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

  it('is verified by path and query alone, as a server sees it', () => {
    const { pathname, search } = new URL(url);
    expect(verifySignedPut(pathname + search, headers, NOW, secret)).toMatchObject({ ok: true });
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
