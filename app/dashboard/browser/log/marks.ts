import type { Span } from './ansi.ts';

/** Whether a piece of text is a hit of the search, or the one hit that a person is at. */
export type Mark = 'none' | 'hit' | 'current';

export interface MarkedSpan extends Span {
  readonly mark: Mark;
}

export interface MarkRange {
  readonly start: number;
  readonly end: number;
  readonly mark: Mark;
}

/** The part of a line between two columns, cut wherever its look or its mark changes. */
export function planMarks(
  spans: readonly Span[],
  from: number,
  to: number,
  marks: readonly MarkRange[],
): MarkedSpan[] {
  const planned: MarkedSpan[] = [];
  let spanStart = 0;
  for (const span of spans) {
    const spanEnd = spanStart + span.text.length;
    for (let at = Math.max(spanStart, from); at < Math.min(spanEnd, to);) {
      const { mark, end } = markAt(marks, at);
      const pieceEnd = Math.min(spanEnd, to, end);
      planned.push({ ...span, text: span.text.slice(at - spanStart, pieceEnd - spanStart), mark });
      at = pieceEnd;
    }
    spanStart = spanEnd;
  }
  return planned;
}

/** `marks` are in order and do not overlap. */
function markAt(marks: readonly MarkRange[], at: number): { readonly mark: Mark; readonly end: number } {
  const next = marks.find(({ end }) => end > at);
  if (next === undefined) return { mark: 'none', end: Number.POSITIVE_INFINITY };
  return next.start <= at ? next : { mark: 'none', end: next.start };
}
