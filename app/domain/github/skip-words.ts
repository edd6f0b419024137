/** In a commit's message they keep it from being built. The first three are GitHub's own (for Actions), the last ours. */
const SKIP_WORDS = /\[(?:skip ci|ci skip|no ci|skip deploy)\]/i;

/** The words that ask for no build, as they are written in the message; undefined where there are none. */
export function findSkipWords(message: string): string | undefined {
  return SKIP_WORDS.exec(message)?.[0];
}
