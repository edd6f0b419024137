import { expect, test } from 'vitest';
import type { UploadObject } from '../../contracts/build-report.ts';
import { checkUploads } from './check-uploads.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const BIG = 'd'.repeat(64);
const announced = new Map([
  [A, { sizeBytes: 10 }],
  [BIG, { sizeBytes: 101 }],
]);
const whole: UploadObject = { sha256: A, coding: null, bodySha256: A, sizeBytes: 10 };

test.each<[string, UploadObject, boolean]>([
  ['the blob itself', whole, true],
  ['the blob with other bytes', { ...whole, bodySha256: B }, false],
  ['the blob with another size', { ...whole, sizeBytes: 9 }, false],
  ['a blob that was not announced', { ...whole, sha256: B, bodySha256: B }, false],
  ['a blob above the limit', { ...whole, sha256: BIG, bodySha256: BIG, sizeBytes: 101 }, false],
  ['a variant of a blob above the limit', { sha256: BIG, coding: 'br', bodySha256: B, sizeBytes: 1 }, false],
  ['a smaller variant', { ...whole, coding: 'br', bodySha256: B, sizeBytes: 9 }, true],
  ['a variant that saves nothing', { ...whole, coding: 'br', bodySha256: B, sizeBytes: 10 }, false],
])('%s', (_, object, isAllowed) => {
  expect(checkUploads([whole, object], announced, { outputFileBytes: 100 }) === undefined).toBe(isAllowed);
});
