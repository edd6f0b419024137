import type { ByteRange } from '../storage/blob-store.ts';

export type RangeDecision =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeDecision = { kind: 'whole' };

/**
 * One range of bytes (RFC 9110, 14.2). Several ranges, other units and malformed headers are answered with the
 * whole file, which is always right; only a range that lies behind the end is unsatisfiable.
 */
export function decideRange(header: string | undefined, sizeBytes: number): RangeDecision {
  const [, first, last] = /^bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return WHOLE;
  if (first === '') return decideSuffix(Number(last), sizeBytes);
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return WHOLE;
  return start >= sizeBytes ? { kind: 'unsatisfiable' } : { kind: 'part', range: { start, end } };
}

/** `bytes=-N`: the last N bytes, or all of them when there are fewer. */
function decideSuffix(length: number, sizeBytes: number): RangeDecision {
  if (length === 0 || sizeBytes === 0) return { kind: 'unsatisfiable' };
  return { kind: 'part', range: { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 } };
}
