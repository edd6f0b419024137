/** More words than that narrow nothing down. */
const MAX_WORDS = 8;

/** The words of what somebody typed into a search field: runs of letters and digits, whatever stands between. */
export function searchWordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+/gu)?.slice(0, MAX_WORDS) ?? [];
}
